#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/log_sources.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "commands/number_flag.h"
#include "redis/log_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

// Between two looks for pods that are new.
constexpr Millis look_again{3'000};

struct Options {
    std::vector<std::string> nodes;
    bool follow = false, previous = false, sentinels = false;
    std::string since, tail, container;
};

Result<LogWish> wish_of(const Options& options) {
    LogWish wish{options.follow,   options.previous, options.sentinels, !options.nodes.empty(), {}, {},
                 options.container};
    if (options.follow && options.previous)
        return fail(ErrorCode::usage, "--follow and --previous exclude each other",
                    "a container that ended says nothing more");
    if (!options.tail.empty()) {
        TRY_ASSIGN(wish.tail, number_flag("--tail", options.tail, 0, 100));
    }
    if (!options.since.empty()) {
        TRY_ASSIGN(const Millis since, parse_duration(options.since));
        wish.since_seconds = std::max<int64_t>(1, std::chrono::ceil<std::chrono::seconds>(since).count());
    }
    return wish;
}

class Logs {
  public:
    Logs(Context& context, const Options& options)
        : context_(context), options_(options), json_(output::is_document(context.output().settings().format)) {}

    Result<ExitCode> run() {
        TRY_ASSIGN(LogWish wish, wish_of(options_));
        wish.by_name = wish.by_name || !context_.globals().nodes.empty();
        if (context_.globals().without_kubernetes())
            return fail(ErrorCode::not_found, "plain hosts have no logs that redisctl can read",
                        "it reads those of pods, and --host and --sentinel look at no Kubernetes",
                        "redisctl config get logfile says where a server writes its own");
        TRY_ASSIGN(const fleet::Found found, context_.find());
        TRY_ASSIGN(const NodeNames wanted, wanted_among(found));
        LogSources sources(*context_.client(), wish);
        TRY(sources.follow(found, wanted));
        Deadline look_at = wish.follow ? Deadline::after(look_again) : Deadline::never();
        while (!context_.output().closed()) {
            TRY(show(sources));
            if (sources.ended()) break;
            const Deadline until = sources.next().earlier(look_at);
            const Result<void> waited =
                context_.loop().run([&] { return sources.has_news() || until.passed(); }, until);
            if (!waited && waited.error().code == ErrorCode::interrupted) {
                if (!wish.follow) return fail(waited.error());
                break;
            }
            if (!look_at.passed()) continue;
            // What a look cannot see now the next one may.
            if (const auto again = context_.find())
                if (const auto still = wanted_among(*again)) (void)sources.follow(*again, *still);
            look_at = Deadline::after(look_again);
        }
        Answered answered;
        for (const LogSource& source : sources.all()) answered.count(source.error);
        return wish.follow && answered.denied < answered.no + answered.yes ? ExitCode::ok : shown(answered);
    }

  private:
    Result<NodeNames> wanted_among(const fleet::Found& found) const {
        return NodeNames::among(found, options_.nodes, context_.globals().nodes);
    }

    Result<void> show(LogSources& sources) {
        std::vector<const LogSource*> failed;
        const std::vector<LogSources::Line> lines = sources.take(failed);
        for (const LogSource& source : sources.all()) width_ = std::max(width_, display_width(source.name));
        if (json_)
            for (const LogSources::Line& line : lines) TRY(context_.output().print_line(json_of(line)));
        else if (!lines.empty())
            TRY(context_.output().write(text_of(lines)));
        for (const LogSource* source : failed) context_.output().error(*source->error);
        return {};
    }

    std::string text_of(const std::vector<LogSources::Line>& lines) const {
        const output::Terminal& terminal = context_.output().settings().out;
        std::string out;
        for (const auto& [source, line] : lines) {
            std::string name = printable(source->name);
            name.append(width_ - std::min(width_, display_width(name)), ' ');
            const std::string text = printable(redis::without_logged_secrets(line.text));
            const output::Tone tone = redis::tells_of_failover(line.text) ? output::Tone::warn : output::Tone::plain;
            out += output::paint(name + " |", output::Tone::dim, terminal);
            out += ' ' + output::paint(text, tone, terminal) + '\n';
        }
        return out;
    }

    static Json json_of(const LogSources::Line& one) {
        const auto& [source, line] = one;
        return {{"apiVersion", "redisctl/v1"},
                {"kind", "LogLine"},
                {"time", text_or_null(line.time)},
                {"instance", source->instance},
                {"node", source->name},
                {"pod", source->pod},
                {"container", source->container},
                {"text", redis::without_logged_secrets(line.text)},
                {"failover", redis::tells_of_failover(line.text)}};
    }

    Context& context_;
    const Options& options_;
    const bool json_;
    size_t width_ = 0;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"-f,--follow", "", "Go on, also with the next container or pod of the same name; until Ctrl-C",
         &options->follow},
        {"--since", "DURATION", "Only lines of the last so long", &options->since},
        {"--tail", "N", "Only the last N lines of each", &options->tail},
        {"--previous", "", "Of the container before the last restart", &options->previous},
        {"-c,--container", "NAME", "Of this container of the pods, instead of Redis' own", &options->container},
        {"--sentinels", "", "Of the Sentinels too", &options->sentinels}};
    spec.positionals = {
        {"NODE", "Nodes to show; every Redis when none is named", &options->nodes, false, true, "node"}};
    spec.examples = {"redisctl logs --since 1h", "redisctl logs -f --sentinels --tail 20",
                     "redisctl logs redis-1 --previous", "redisctl logs -c metrics --json"};
    spec.run = [options](Context& context) { return Logs(context, *options).run(); };
}

}  // namespace

extern const Command logs_command{"logs", Group::inspect, "Show the logs of all pods, merged by time", Uses::target, {},
                                  bind,   "LogLine"};

}  // namespace redisctl
