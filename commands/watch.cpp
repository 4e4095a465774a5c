#include "base/interrupt.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/status_tables.h"
#include "commands/watch_sources.h"
#include "commands/watch_timeline.h"
#include "output/live.h"
#include "output/spark.h"
#include "topology/changes.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using topology::Change;
using topology::Picture;

constexpr Millis default_interval{1'000};
// A silent node shall not hold up the news about the others.
constexpr Millis look_in{2'000};
// From one look to the next that an event asks for: events come in bursts.
constexpr Millis breath{50};
constexpr size_t shown_looks = 30;

struct Options {
    std::string interval, duration;
};

class Watching {
  public:
    Watching(Context& context, const Options& options)
        : context_(context),
          options_(options),
          live_(context.output().settings().out.tty && !output::is_document(context.output().settings().format)),
          timeline_(context.output(), live_) {}

    Result<ExitCode> run() {
        if (!options_.interval.empty()) {
            TRY_ASSIGN(interval_, parse_duration(options_.interval));
        }
        if (!options_.duration.empty()) {
            TRY_ASSIGN(const Millis duration, parse_duration(options_.duration));
            end_ = Deadline::after(duration);
        }
        context_.begin_operation("watch");
        // The first one has to find its way, and what is wrong with it is wrong for good.
        look_again();
        if (!seen_) return fail(seen_.error());
        sources_.emplace(context_, interval_);
        while (true) {
            TRY(take_in());
            if (live_) TRY(draw());
            TRY_ASSIGN(const bool go_on, listen());
            if (!go_on) break;
            context_.look_until(Deadline::after(patience()));
            look_again();
            if (interrupt::count() > 0) break;
        }
        return answered_ ? ExitCode::ok : shown(*first_);
    }

  private:
    void look_again() {
        began_ = SteadyClock::now();
        seen_ = look(context_);
        if (seen_) quickest_ = std::min(quickest_, std::chrono::ceil<Millis>(SteadyClock::now() - began_));
    }

    // A large system on a long way needs longer, but whoever is silent is not waited for.
    Millis patience() const {
        return std::clamp(3 * std::min(quickest_, interval_), look_in, std::max(interval_, look_in));
    }

    Result<void> take_in() {
        const TimePoint now = SteadyClock::now();
        const std::string failed = seen_ ? "" : seen_.error().message;
        if (failed != failed_)
            TRY(timeline_.tell(
                {{{}, "look", {}, failed_.empty() ? "ok" : failed_, failed.empty() ? "ok" : failed, now}}));
        failed_ = failed;
        look_wanted_ = false;
        if (!seen_) return {};
        const Answered answered = count_answers(*seen_);
        if (!first_) first_ = answered;
        answered_ = answered_ || answered.yes > 0;
        WatchSources::Heard heard = sources_->take();
        look_wanted_ = heard.look;
        std::vector<WatchNews> news = std::move(heard.news);
        for (const Picture& picture : seen_->pictures) add_changes(news, picture, now);
        TRY(timeline_.tell(std::move(news)));
        for (const Picture& picture : seen_->pictures) TRY(timeline_.settle(picture, began_));
        remember_lags();
        sources_->follow(*seen_, began_);
        return {};
    }

    void remember_lags() {
        for (const Picture& picture : seen_->pictures)
            for (const topology::NodePicture& node : picture.nodes) {
                if (node.view && node.view->role != redis::Role::replica) continue;
                std::deque<std::optional<double>>& course = lags_[picture.full_name() + "/" + node.name];
                course.push_back(node.lag_bytes ? std::optional(static_cast<double>(*node.lag_bytes)) : std::nullopt);
                if (course.size() > shown_looks) course.pop_front();
            }
    }

    // By replica; empty where there is none.
    output::Table lag_table(const Picture& picture) const {
        output::Table table{{}, {{"REPLICA"}, {"LAG SO FAR"}}, {}};
        for (const topology::NodePicture& node : picture.nodes) {
            const auto course = lags_.find(picture.full_name() + "/" + node.name);
            if (course == lags_.end() || (node.view && node.view->role != redis::Role::replica)) continue;
            table.rows.push_back({node.name, output::spark_line({course->second.begin(), course->second.end()})});
        }
        return table;
    }

    void add_changes(std::vector<WatchNews>& news, const Picture& picture, TimePoint now) {
        const std::string name = picture.full_name();
        const auto before = known_.find(name);
        if (before == known_.end()) {
            news.push_back({name,
                            "begin",
                            {},
                            {},
                            fmt::format("{}, master {}", topology::health_name(picture.health),
                                        picture.master.empty() ? "unknown" : picture.master),
                            now});
            known_.emplace(name, picture);
            return;
        }
        for (const Change& change : topology::changes_between(before->second, picture))
            news.push_back({name, std::string(change.kind), change.subject, change.from, change.to,
                            sources_->arrival(picture.ns, change).value_or(now)});
        before->second = topology::with_memory(picture, before->second);
    }

    // Until the next look is due, telling what is heard meanwhile. False when it is to end.
    Result<bool> listen() {
        const Deadline next = end_ ? Deadline::after(interval_).earlier(*end_) : Deadline::after(interval_);
        const Deadline soonest = Deadline::after(breath).earlier(next);
        while (!context_.output().closed() && !(end_ && end_->passed())) {
            const Deadline until = look_wanted_ ? soonest : next;
            if (until.passed()) return true;
            const Result<void> waited =
                context_.loop().run([&] { return sources_->has_news() || until.passed(); }, until);
            if (!waited && waited.error().code == ErrorCode::interrupted) return false;
            WatchSources::Heard heard = sources_->take();
            look_wanted_ = look_wanted_ || heard.look;
            if (heard.news.empty()) continue;
            TRY(timeline_.tell(std::move(heard.news)));
            if (live_) TRY(draw());
        }
        return false;
    }

    // The whole screen, and below it what changed last.
    Result<void> draw() {
        TRY(context_.output().write(output::from_the_top));
        if (seen_) {
            output::Document document = begin_document("Status", context_, *seen_);
            for (const Picture& picture : seen_->pictures) {
                for (output::Table& table : status_tables(picture)) document.add_table(std::move(table));
                if (output::Table lags = lag_table(picture); !lags.rows.empty()) document.add_table(std::move(lags));
            }
            TRY(context_.output().print(document));
        } else {
            context_.output().error(seen_.error());
        }
        std::string below = output::rhythm(interval_);
        for (const std::string& line : timeline_.lines()) below += line + '\n';
        return context_.output().write(below);
    }

    Context& context_;
    const Options& options_;
    const bool live_;
    WatchTimeline timeline_;
    std::optional<WatchSources> sources_;
    Millis interval_ = default_interval;
    std::optional<Deadline> end_;
    Result<Look> seen_;  // by the last look, which began then
    TimePoint began_;
    bool look_wanted_ = false;
    Millis quickest_ = Millis::max();
    std::map<std::string, Picture> known_;
    std::map<std::string, std::deque<std::optional<double>>> lags_;  // bytes, by full name and node
    std::string failed_;  // why the last look saw nothing; empty: it saw
    std::optional<Answered> first_;
    bool answered_ = false;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--interval", "DURATION", "Time between two looks that no event asked for, 1s by default", &options->interval},
        {"--duration", "DURATION", "End after so long; until Ctrl-C by default", &options->duration}};
    spec.examples = {"redisctl watch", "redisctl watch --instance redis --interval 200ms",
                     "redisctl watch --duration 5m --json"};
    spec.run = [options](Context& context) { return Watching(context, *options).run(); };
}

}  // namespace

extern const Command watch_command{
    "watch",
    Group::look,
    "Show the status live and what changes, as it changes: roles, links, Sentinels' events, labels, endpoints",
    Uses::target,
    {},
    bind,
    "WatchEvent"};

}  // namespace redisctl
