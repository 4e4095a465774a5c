#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/log_merge.h"
#include "commands/look.h"
#include "commands/monitor_targets.h"
#include "commands/node_names.h"
#include "commands/number_flag.h"
#include "fleet/subscription.h"
#include "output/write.h"
#include "redis/command_keys.h"
#include "redis/monitor_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using redis::MonitorLine;

constexpr Millis default_duration{10'000};
constexpr int64_t default_most = 1000;
// So long a line waits for an earlier one of another node.
constexpr Millis patience{300};
// Between two looks whether the reader of stdout goes on.
constexpr Millis reader_check{50};
constexpr size_t shown_words = 160;                   // bytes
constexpr int client_width = 21;                      // 255.255.255.255:65535
constexpr size_t time_begins = 11, time_length = 15;  // of the day, in RFC 3339 with microseconds

struct Options {
    std::vector<std::string> nodes;
    std::string duration, most;
    bool master = false, values = false;
};

struct Source {
    std::string name;
    std::unique_ptr<fleet::Subscription> line = {};
    std::deque<MonitorLine> waiting = {};  // for their turn; the merge knows their times
    std::optional<Error> error = {};       // it is over
};

std::string time_of(const MonitorLine& line) {
    constexpr int64_t a_second = 1'000'000;
    std::string time = rfc3339(line.micros / a_second);
    return time.insert(time.size() - 1, fmt::format(".{:06}", line.micros % a_second));
}

class Monitor {
  public:
    Monitor(Context& context, const Options& options)
        : context_(context), options_(options), json_(output::is_document(context.output().settings().format)) {}

    Result<ExitCode> run() {
        const bool named = !options_.nodes.empty() || !context_.globals().nodes.empty();
        if (options_.master && named)
            return fail(ErrorCode::usage, "--master and the names of nodes exclude each other");
        TRY_ASSIGN(left_, number_flag("--max", options_.most, 1, default_most));
        if (!options_.duration.empty()) {
            TRY_ASSIGN(duration_, parse_duration(options_.duration));
        }
        context_.begin_operation("monitor");
        TRY_ASSIGN(const Look seen, look_at_one(context_, "MONITOR is about one"));
        TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, options_.nodes, context_.globals().nodes));
        const MonitorOf of = named ? MonitorOf::named : options_.master ? MonitorOf::master : MonitorOf::replica;
        TRY_ASSIGN(const std::vector<MonitorTarget> targets, monitor_targets(seen, of, wanted));
        instance_ = seen.pictures.front().full_name();
        subscribe(targets);
        TRY(follow());
        return interrupted_ ? ExitCode::ok : shown(answered_);
    }

  private:
    void subscribe(const std::vector<MonitorTarget>& targets) {
        std::vector<std::string> names;
        for (const MonitorTarget& target : targets) {
            merge_.add();
            width_ = std::max(width_, display_width(target.node->name));
            names.push_back(sources_.emplace_back(Source{target.node->name}).name);
        }
        context_.output().note(
            fmt::format("MONITOR slows {} down, to half the throughput at worst, for {} or {} commands",
                        fmt::join(names, ", "), seconds(duration_), left_));
        for (size_t i = 0; i < targets.size(); i++) {
            sources_[i].line = context_.fleet().subscribe(*targets[i].node);
            sources_[i].line->set_topic(fleet::Topic::commands);
        }
    }

    // Until one of the bounds, Ctrl-C, or until nobody tells or reads any more.
    Result<void> follow() {
        while (true) {
            take_in();
            TRY(show_what_is_read());
            if (left_ == 0) return finish("--max is reached");
            if (end_.passed()) return finish(fmt::format("--duration is over, {}", seconds(duration_)));
            if (over() == sources_.size()) return finish("no node is left");
            if (context_.output().closed()) return finish("nobody reads");
            Deadline until = end_.earlier(merge_.next());
            if (!ready_.empty()) until = until.earlier(Deadline::after(reader_check));
            const Result<void> waited = context_.loop().run([&] { return has_news() || until.passed(); }, until);
            interrupted_ = !waited && waited.error().code == ErrorCode::interrupted;
            if (interrupted_) return finish("Ctrl-C");
        }
    }

    // The servers are let go first: whoever reads stdout slowly is not theirs to wait for.
    Result<void> finish(const std::string& why) {
        for (size_t i = 0; i < sources_.size(); i++) {
            Source& source = sources_[i];
            if (!source.error && !interrupted_ && !source.line->subscribed())
                end(source, {ErrorCode::timeout, "it had not begun to tell when the others ended", {}, {}, {}});
            answered_.count(source.error);
            source.line.reset();
            merge_.end(i);
        }
        take_turns();
        TRY(show_what_is_read());
        while (!interrupted_ && !ready_.empty()) TRY(show_first());
        context_.output().note(fmt::format("ended after {} commands: {}", shown_, why));
        return {};
    }

    size_t over() const {
        return static_cast<size_t>(
            std::ranges::count_if(sources_, [](const Source& source) { return source.error.has_value(); }));
    }

    bool has_news() const {
        return std::ranges::any_of(sources_, [&](const Source& source) {
            const fleet::Subscription& line = *source.line;
            return !source.error && (line.has_news() || line.ended() || (end_.is_never() && line.subscribed()));
        });
    }

    void take_in() {
        for (size_t i = 0; i < sources_.size(); i++) {
            Source& source = sources_[i];
            if (source.error) continue;
            // Connecting takes nothing from it.
            if (end_.is_never() && source.line->subscribed()) end_ = Deadline::after(duration_);
            for (const fleet::Told& told : source.line->take()) {
                std::optional<MonitorLine> line = redis::parse_monitor_line(told.message);
                if (!line) continue;
                merge_.push(i, {time_of(*line), {}}, told.at);
                source.waiting.push_back(std::move(*line));
            }
            if (!source.line->ended()) continue;
            merge_.end(i);
            end(source, *source.line->ended());
        }
        take_turns();
    }

    void end(Source& source, Error error) {
        if (error.message.find(source.name) == std::string::npos)
            error.message = fmt::format("{}: {}", source.name, error.message);
        context_.output().error(error);
        source.error = std::move(error);
    }

    void take_turns() {
        for (const LogMerge::Line& turn : merge_.take(SteadyClock::now())) {
            if (left_ == 0) return;
            Source& source = sources_[turn.log];
            ready_.emplace_back(&source, std::move(source.waiting.front()));
            source.waiting.pop_front();
            left_--;
        }
    }

    // A server keeps in its memory what we do not take, so nothing waits for a reader that pauses.
    Result<void> show_what_is_read() {
        while (!ready_.empty() && output::has_room(context_.output().settings().out_fd)) TRY(show_first());
        return {};
    }

    Result<void> show_first() {
        const auto [source, line] = std::move(ready_.front());
        ready_.pop_front();
        const redis::Request words =
            options_.values ? redis::without_any_secret(line.command) : redis::without_values(line.command);
        const Result<void> written = json_ ? context_.output().print_line(json_of(*source, line, words))
                                           : context_.output().write(text_of(*source, line, words));
        shown_++;
        interrupted_ = !written && written.error().code == ErrorCode::interrupted;
        return interrupted_ ? Result<void>() : written;
    }

    // "21:04:07.512345 redis-1 db0 10.0.0.7:51234         SET user:42 (12 bytes)"
    std::string text_of(const Source& source, const MonitorLine& line, const redis::Request& words) const {
        const output::Terminal& terminal = context_.output().settings().out;
        std::string name = printable(source.name);
        name.append(width_ - std::min(width_, display_width(name)), ' ');
        std::string command = fmt::format("{}", fmt::join(words, " "));
        if (command.size() > shown_words) command = command.substr(0, shown_words) + "…";
        const std::string begin = fmt::format("{} {} db{} {:{}}", time_of(line).substr(time_begins, time_length), name,
                                              line.database, printable(line.client), client_width);
        return output::paint(begin, output::Tone::dim, terminal) + ' ' + printable(command) + '\n';
    }

    Json json_of(const Source& source, const MonitorLine& line, const redis::Request& words) const {
        return {{"apiVersion", "redisctl/v1"},
                {"kind", "MonitorLine"},
                {"time", time_of(line)},
                {"instance", instance_},
                {"node", source.name},
                {"database", line.database},
                {"client", line.client},
                {"key", text_or_null(redis::first_key(line.command))},
                {"command", words}};
    }

    static std::string seconds(Millis time) {
        return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
    }

    Context& context_;
    const Options& options_;
    const bool json_;
    Millis duration_ = default_duration;
    int64_t left_ = 0, shown_ = 0;
    std::string instance_;
    std::vector<Source> sources_;  // by the merge's numbers
    size_t width_ = 0;
    LogMerge merge_{patience};
    std::deque<std::pair<const Source*, MonitorLine>> ready_;  // to be shown
    Deadline end_ = Deadline::never();
    bool interrupted_ = false;
    Answered answered_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--duration", "DURATION", "End after so long; 10s by default", &options->duration},
        {"--max", "N", "End after so many commands; 1000 by default", &options->most},
        {"--master", "", "Of the master, which slows down everybody who writes", &options->master},
        {"--values", "", "Show all words but passwords; by default only the command and its first key",
         &options->values}};
    spec.positionals = {{"NODE", "Nodes to listen to; the freshest replica when none is named", &options->nodes, false,
                         true, "node"}};
    spec.examples = {"redisctl monitor", "redisctl monitor redis-0 redis-1 --duration 2s",
                     "redisctl monitor --master --max 100 --json"};
    spec.run = [options](Context& context) { return Monitor(context, *options).run(); };
}

}  // namespace

extern const Command monitor_command{
    "monitor",
    Group::inspect,
    "Show for a short while which commands a replica, or the nodes that are named, carry out (MONITOR)",
    Uses::target,
    {},
    bind,
    "MonitorLine"};

}  // namespace redisctl
