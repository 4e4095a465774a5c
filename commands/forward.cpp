#include "base/interrupt.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "fleet/relay.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint16_t kUsualPort = 6379;
constexpr Millis kInterval{1'000}, kLookIn{2'000};

struct Options {
    std::vector<std::string> port;
    std::string interval, duration;
};

// Where new connections lead, and what is known of it.
struct Lead {
    std::optional<fleet::Node> node;
    redis::Role role = redis::Role::unknown;

    bool same(const Lead& other) const {
        return node.has_value() == other.node.has_value() && (!node || node->name == other.node->name) &&
               role == other.role;
    }
};

// The agreed master, or the one node that --node names, whatever its role.
Lead lead_of(const Look& seen, const std::vector<std::string>& nodes) {
    const topology::Picture& picture = seen.pictures.front();
    const std::string name = nodes.empty() ? picture.master : nodes.front();
    const std::vector<fleet::Node>& found = seen.found.inventory.instances.front().nodes;
    const auto node = std::ranges::find(found, name, &fleet::Node::name);
    if (node == found.end()) return {};
    Lead lead{*node, redis::Role::unknown};
    for (const topology::NodePicture& other : picture.nodes)
        if (other.name == name && other.view) lead.role = other.view->role;
    return lead;
}

class Forwarding {
  public:
    Forwarding(Context& context, const Options& options)
        : context_(context), options_(options), json_(output::is_document(context.output().settings().format)) {}

    Result<ExitCode> run() {
        std::optional<uint16_t> wanted;
        if (!options_.port.empty()) {
            const auto number = parse_int(options_.port.front());
            if (!number || *number < 0 || *number > 65535)
                return fail(ErrorCode::usage, fmt::format("'{}' is no port", printable(options_.port.front())), {},
                            "redisctl forward 6380, or 0 for a free one");
            wanted = static_cast<uint16_t>(*number);
        }
        Millis interval = kInterval;
        if (!options_.interval.empty()) {
            TRY_ASSIGN(interval, parse_duration(options_.interval));
        }
        Deadline end = Deadline::never();
        if (!options_.duration.empty()) {
            TRY_ASSIGN(const Millis duration, parse_duration(options_.duration));
            end = Deadline::after(duration);
        }
        const std::vector<std::string>& nodes = context_.globals().nodes;
        if (nodes.size() > 1)
            return fail(ErrorCode::usage, "--node is given more than once", "a port leads to one node at a time");

        context_.begin_operation("forward");
        TRY_ASSIGN(const Look first, look_at_one(context_, "a port leads to one instance"));
        TRY(NodeNames::among(first.found, {}, nodes));
        const Lead lead = lead_of(first, nodes);
        if (!lead.node)
            return fail(Error{ErrorCode::refused,
                              fmt::format("{} has no agreed master", first.pictures.front().full_name()),
                              "without --node the port leads to the master",
                              "redisctl master-info, or redisctl forward --node NODE", "NO_MASTER"});
        TRY(listen(wanted));
        TRY(go_to(lead, true));
        while (!context_.output().closed()) {
            // Everything moves while the loop runs, also during a look.
            if (!context_.loop().pause(Deadline::after(interval).earlier(end)) || end.passed()) break;
            context_.look_until(Deadline::after(std::max(interval, kLookIn)));
            const Result<Look> seen = look(context_);
            if (interrupt::count() > 0) break;
            // A look that fails says nothing of the node: the connections stay.
            if (seen && seen->pictures.size() == 1) TRY(go_to(lead_of(*seen, nodes), false));
            for (const Error& error : relay_->take_errors()) TRY(tell("error", 0, error));
        }
        return ExitCode::ok;
    }

  private:
    // Without a wish the usual port, where it is free.
    Result<void> listen(std::optional<uint16_t> wanted) {
        const Millis timeout = context_.globals().connect_timeout;
        auto relay = fleet::Relay::listen(context_.dialer(), wanted.value_or(kUsualPort), timeout);
        if (!relay && !wanted && relay.error().reason == "PORT_IN_USE")
            relay = fleet::Relay::listen(context_.dialer(), 0, timeout);
        TRY(relay);
        relay_ = std::move(*relay);
        return {};
    }

    Result<void> go_to(const Lead& lead, bool first) {
        const size_t closed = relay_->lead_to(lead.node);
        const bool news = first || !lead.same(lead_) || closed > 0;
        lead_ = lead;
        return news ? tell(lead.node ? "forwarding" : "waiting", closed, {}) : Result<void>{};
    }

    Result<void> tell(std::string_view event, size_t closed, const std::optional<Error>& error) {
        const std::string node = lead_.node ? lead_.node->name : std::string();
        if (json_) {
            Json line{{"apiVersion", "redisctl/v1"}, {"kind", "ForwardEvent"}};
            line["time"] = rfc3339_micros_now();
            line["event"] = event;
            line["port"] = relay_->port();
            line["node"] = text_or_null(node);
            line["role"] = redis::role_name(lead_.role);
            line["closed"] = closed;
            line["error"] = error ? output::to_json(output::ErrorItem{"", node, *error}) : Json(nullptr);
            return context_.output().print_line(line);
        }
        if (error) {
            context_.output().error(*error);
            return {};
        }
        std::string text = fmt::format("127.0.0.1:{} -> ", relay_->port());
        text += node.empty() ? "nowhere: there is no agreed master"
                             : fmt::format("{} ({})", printable(node), redis::role_name(lead_.role));
        if (closed > 0) text += fmt::format(", {} connection{} closed", closed, closed == 1 ? "" : "s");
        return context_.output().write(text + '\n');
    }

    Context& context_;
    const Options& options_;
    const bool json_;
    std::unique_ptr<fleet::Relay> relay_;
    Lead lead_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--interval", "DURATION", "Time between two looks for the master, 1s by default", &options->interval},
        {"--duration", "DURATION", "End after so long; until Ctrl-C by default", &options->duration}};
    spec.positionals = {
        {"PORT",
         "Port to listen on, on 127.0.0.1; 0 is a free one. By default 6379, or a free one where that is "
         "taken",
         &options->port, false, false, ""}};
    spec.examples = {"redisctl forward", "redisctl forward 6380 --node redis-1", "redisctl forward 0 --json"};
    spec.run = [options](Context& context) { return Forwarding(context, *options).run(); };
}

}  // namespace

extern const Command forward_command{
    "forward",     Group::inspect,   "Open a local port that leads to the master, and follows it through a failover",
    Uses::target,  {"port-forward"}, bind,
    "ForwardEvent"};

}  // namespace redisctl
