#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/instance_objects.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "kube/collection_watch.h"
#include "kube/pod_log.h"
#include "kube/recorded_event.h"
#include "kube/request.h"
#include "kube/resource.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using kube::RecordedEvent;

// Events come in bursts, and each is a list of all.
constexpr Millis breath{500};
// Where they may be listed and not watched.
constexpr Millis without_watch{2'000};

struct Options {
    std::vector<std::string> nodes;
    bool follow = false, warnings = false;
};

struct Told {
    const fleet::Instance* instance;
    RecordedEvent event;
};

Json members_of(const Told& told) {
    const RecordedEvent& event = told.event;
    return {{"time", text_or_null(event.time)},
            {"instance", told.instance->full_name()},
            {"type", event.type},
            {"reason", event.reason},
            {"object", fmt::format("{}/{}", event.about_kind, event.about_name)},
            {"count", event.count},
            {"by", text_or_null(event.by)},
            {"message", event.message}};
}

output::Tone tone_of(const RecordedEvent& event) {
    return event.type == "Warning" ? output::Tone::warn : output::Tone::plain;
}

std::string time_of(const RecordedEvent& event) {
    const std::optional<int64_t> seconds = parse_rfc3339(event.time);
    return seconds ? rfc3339(*seconds) : std::string("-");
}

class Events {
  public:
    Events(Context& context, const Options& options)
        : context_(context), options_(options), json_(output::is_document(context.output().settings().format)) {}

    Result<ExitCode> run() {
        if (context_.globals().without_kubernetes())
            return fail(ErrorCode::not_found, "plain hosts have no events",
                        "events are Kubernetes objects, and --host and --sentinel look at no Kubernetes",
                        "redisctl events -n NAMESPACE; redisctl watch tells what changes on plain hosts");
        TRY(find());
        TRY_ASSIGN(const std::vector<Told> events, list());
        if (!options_.follow) return print(events);
        for (const Told& one : events) TRY(tell(one));
        return follow();
    }

  private:
    Result<void> find() {
        TRY_ASSIGN(found_, context_.find(Context::Services::listed));
        TRY_ASSIGN(const NodeNames wanted, NodeNames::among(found_, options_.nodes, context_.globals().nodes));
        objects_.clear();
        const bool by_name = !options_.nodes.empty() || !context_.globals().nodes.empty();
        for (const fleet::Instance& instance : found_.inventory.instances)
            objects_.push_back(by_name ? InstanceObjects::of_nodes(instance, wanted) : InstanceObjects::of(instance));
        return {};
    }

    std::string ns() const { return context_.globals().all_namespaces ? "" : context_.client()->config().ns; }

    // Of the instances found, the newest last.
    Result<std::vector<Told>> list() {
        const Millis timeout = context_.client()->request_timeout();
        const auto listing = kube::list_events(*context_.client(), ns());
        TRY_ASSIGN(std::vector<RecordedEvent> all,
                   kube::await(*context_.client(), *listing,
                               timeout.count() > 0 ? Deadline::after(timeout) : Deadline::never()));
        std::vector<Told> ours;
        for (RecordedEvent& event : all) {
            if (options_.warnings && event.type != "Warning") continue;
            const auto& instances = found_.inventory.instances;
            for (size_t i = 0; i < instances.size(); i++) {
                if (instances[i].ns != event.meta.ns || !objects_[i].has(event.about_kind, event.about_name)) continue;
                ours.push_back({&instances[i], std::move(event)});
                break;
            }
        }
        std::ranges::stable_sort(ours, {}, [](const Told& one) { return kube::nanoseconds_of(one.event.time); });
        return ours;
    }

    Result<ExitCode> print(const std::vector<Told>& events) {
        output::Document document("KubernetesEvents", context_.kube_context());
        for (const fleet::Instance& instance : found_.inventory.instances) {
            Json item{{"instance", instance.name}, {"namespace", text_or_null(instance.ns)}, {"events", Json::array()}};
            output::Table table{instance.full_name(),
                                {{"LAST"},
                                 {"TYPE"},
                                 {"REASON"},
                                 {"OBJECT"},
                                 output::numbers("COUNT"),
                                 {"BY", output::Show::wide_only},
                                 {"MESSAGE"}},
                                {}};
            for (const Told& one : events) {
                if (one.instance != &instance) continue;
                const RecordedEvent& event = one.event;
                item["events"].push_back(members_of(one));
                table.rows.push_back({time_of(event), output::Cell(event.type, tone_of(event)), event.reason,
                                      fmt::format("{}/{}", event.about_kind, event.about_name), event.count, event.by,
                                      event.message});
                document.add_name(event.meta.name);
            }
            document.add_item(std::move(item));
            if (!table.rows.empty()) document.add_table(std::move(table));
        }
        TRY(context_.output().print(document));
        if (events.empty() && !json_) context_.output().note("no events; Kubernetes forgets them after an hour or so");
        return ExitCode::ok;
    }

    // The watch says when to list again; what was told before stays untold.
    Result<ExitCode> follow() {
        kube::CollectionWatch watch(*context_.client(), kube::resource::events, ns(), "", without_watch);
        Deadline list_at = Deadline::after(without_watch);
        while (!context_.output().closed()) {
            const Result<void> waited =
                context_.loop().run([&] { return watch.has_news() || list_at.passed(); }, list_at);
            if (!waited && waited.error().code == ErrorCode::interrupted) break;
            const bool news = !watch.take().empty() || watch.take_gap();
            if (!news && !watch.ended() && !list_at.passed()) continue;
            if (news && !context_.loop().pause(Deadline::after(breath))) break;
            list_at = watch.ended() ? Deadline::after(without_watch) : Deadline::never();
            // What cannot be seen now may be seen with the next event.
            (void)find();
            const Result<std::vector<Told>> events = list();
            if (!events && events.error().code == ErrorCode::interrupted) break;
            if (!events) {
                list_at = Deadline::after(without_watch);
                continue;
            }
            for (const Told& one : *events) TRY(tell(one));
        }
        return ExitCode::ok;
    }

    Result<void> tell(const Told& one) {
        const RecordedEvent& event = one.event;
        if (!told_.insert({event.meta.uid, event.count, event.time}).second) return {};
        if (json_) {
            Json line{{"apiVersion", "redisctl/v1"}, {"kind", "KubernetesEvent"}};
            line.update(members_of(one));
            return context_.output().print_line(line);
        }
        const std::string type = output::paint(event.type, tone_of(event), context_.output().settings().out);
        const std::string often = event.count > 1 ? fmt::format(" ({} times)", event.count) : "";
        return context_.output().write(fmt::format("{}  {}  {}  {}/{}  {}{}\n", time_of(event), type,
                                                   printable(event.reason), printable(event.about_kind),
                                                   printable(event.about_name), printable(event.message), often));
    }

    Context& context_;
    const Options& options_;
    const bool json_;
    fleet::Found found_;
    std::vector<InstanceObjects> objects_;  // by instance
    std::set<std::tuple<std::string, int64_t, std::string>> told_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"-f,--follow", "", "Go on with new ones until Ctrl-C", &options->follow},
                    {"--warnings", "", "Only those of type Warning", &options->warnings}};
    spec.positionals = {
        {"NODE", "Only about these nodes' pods and their volumes", &options->nodes, false, true, "node"}};
    spec.examples = {"redisctl events", "redisctl events redis-1 --warnings", "redisctl events -f --json"};
    spec.run = [options](Context& context) { return Events(context, *options).run(); };
}

}  // namespace

extern const Command events_command{
    "events",
    Group::inspect,
    "Show what Kubernetes reports of the pods, their workload, volumes and Services, the newest last",
    Uses::target,
    {},
    bind,
    "KubernetesEvents"};

}  // namespace redisctl
