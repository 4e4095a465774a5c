#include "base/interrupt.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/json_values.h"
#include "commands/look.h"
#include "commands/status_tables.h"
#include "topology/changes.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using topology::Change;
using topology::Picture;

constexpr Millis default_interval{1'000};
// A silent node shall not hold up the news about the others.
constexpr Millis look_in{2'000};
constexpr size_t lines_shown = 15;

struct Options {
    std::string interval, duration;
};

// "21:04:07.512  redis-1  role: replica -> master  (after 1.4 s)"
std::string line_of(const std::string& time, const std::string& instance, const Change& change,
                    std::optional<Millis> held) {
    const auto shown = [](const std::string& value) { return value.empty() ? std::string("-") : printable(value); };
    std::string line = fmt::format("{}  {}  ", time.substr(11, 12), printable(instance));
    if (!change.subject.empty()) line += printable(change.subject) + "  ";
    line += fmt::format("{}: {} -> {}", change.kind, shown(change.from), shown(change.to));
    if (held) line += fmt::format("  (after {:.1f} s)", static_cast<double>(held->count()) / 1000);
    return line;
}

class Watching {
  public:
    Watching(Context& context, const Options& options)
        : context_(context),
          options_(options),
          live_(context.output().settings().out.tty && !output::is_document(context.output().settings().format)) {}

    Result<ExitCode> run() {
        if (!options_.interval.empty()) {
            TRY_ASSIGN(interval_, parse_duration(options_.interval));
        }
        std::optional<Deadline> end;
        if (!options_.duration.empty()) {
            TRY_ASSIGN(const Millis duration, parse_duration(options_.duration));
            end = Deadline::after(duration);
        }
        context_.begin_operation("watch");
        // The first one has to find its way, and what is wrong with it is wrong for good.
        Result<Look> seen = look(context_);
        if (!seen) return fail(seen.error());
        const bool anybody = count_answers(*seen).yes > 0;
        while (true) {
            TRY(take_in(seen));
            if (live_) TRY(draw(seen));
            if (context_.output().closed() || (end && end->passed()) || !pause(end)) break;
            context_.look_until(Deadline::after(std::max(interval_, look_in)));
            seen = look(context_);
            if (interrupt::count() > 0) break;
        }
        return anybody || answered_ ? ExitCode::ok : shown(*first_);
    }

  private:
    using Key = std::tuple<std::string, std::string, std::string>;  // instance, kind, subject

    Result<void> take_in(const Result<Look>& seen) {
        const std::string failed = seen ? "" : seen.error().message;
        if (failed != failed_)
            TRY(tell("", {"look", "", failed_.empty() ? "ok" : failed_, failed.empty() ? "ok" : failed}));
        failed_ = failed;
        if (!seen) return {};
        const Answered answered = count_answers(*seen);
        if (!first_) first_ = answered;
        answered_ = answered_ || answered.yes > 0;
        for (const Picture& picture : seen->pictures) {
            const std::string name = picture.full_name();
            const auto before = known_.find(name);
            if (before == known_.end()) {
                TRY(tell(name, {"begin", "", "",
                                fmt::format("{}, master {}", topology::health_name(picture.health),
                                            picture.master.empty() ? "unknown" : picture.master)}));
                known_.emplace(name, picture);
                continue;
            }
            for (const Change& change : topology::changes_between(before->second, picture)) TRY(tell(name, change));
            before->second = topology::with_memory(picture, before->second);
        }
        return {};
    }

    Result<void> tell(const std::string& instance, const Change& change) {
        const std::string time = rfc3339_micros_now();
        const TimePoint now = SteadyClock::now();
        const Key key{instance, std::string(change.kind), change.subject};
        std::optional<Millis> held;
        if (const auto since = since_.find(key); since != since_.end())
            held = std::chrono::duration_cast<Millis>(now - since->second);
        since_[key] = now;
        if (live_) {
            lines_.push_back(line_of(time, instance, change, held));
            if (lines_.size() > lines_shown) lines_.pop_front();
            return {};
        }
        Json event{{"apiVersion", "redisctl/v1"}, {"kind", "WatchEvent"}};
        event["seq"] = ++seq_;
        event["time"] = time;
        event["instance"] = text_or_null(instance);
        event["event"] = change.kind;
        event["subject"] = text_or_null(change.subject);
        event["from"] = text_or_null(change.from);
        event["to"] = text_or_null(change.to);
        event["heldMs"] = held ? Json(held->count()) : Json(nullptr);
        return context_.output().print_line(event);
    }

    // The whole screen, and below it what changed last.
    Result<void> draw(const Result<Look>& seen) {
        constexpr std::string_view from_the_top = "\x1b[H\x1b[J";
        TRY(context_.output().write(from_the_top));
        if (seen) {
            output::Document document = begin_document("Status", context_, *seen);
            for (const Picture& picture : seen->pictures)
                for (output::Table& table : status_tables(picture)) document.add_table(std::move(table));
            TRY(context_.output().print(document));
        } else {
            context_.output().error(seen.error());
        }
        std::string below =
            fmt::format("\nevery {:.1f} s, Ctrl-C ends it\n", static_cast<double>(interval_.count()) / 1000);
        for (const std::string& line : lines_) below += line + '\n';
        return context_.output().write(below);
    }

    // False when it is to end.
    bool pause(const std::optional<Deadline>& end) {
        const Deadline next = end ? Deadline::after(interval_).earlier(*end) : Deadline::after(interval_);
        return context_.loop().pause(next) && !(end && end->passed());
    }

    Context& context_;
    const Options& options_;
    const bool live_;
    Millis interval_ = default_interval;
    std::map<std::string, Picture> known_;
    std::map<Key, TimePoint> since_;
    std::string failed_;  // why the last look saw nothing; empty: it saw
    std::optional<Answered> first_;
    bool answered_ = false;
    std::deque<std::string> lines_;
    int64_t seq_ = 0;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--interval", "DURATION", "Time between two looks, 1s by default", &options->interval},
                    {"--duration", "DURATION", "End after so long; until Ctrl-C by default", &options->duration}};
    spec.examples = {"redisctl watch", "redisctl watch --instance redis --interval 200ms",
                     "redisctl watch --duration 5m --json"};
    spec.run = [options](Context& context) { return Watching(context, *options).run(); };
}

}  // namespace

extern const Command watch_command{
    "watch",      Group::look, "Show the status live and what changes: roles, links, Sentinels, labels, endpoints",
    Uses::target, {},          bind,
    "WatchEvent"};

}  // namespace redisctl
