#include "failover/executor.h"

#include "base/interrupt.h"
#include "failover/conditions.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace redisctl::failover {

namespace {

constexpr Millis one_look{5'000};
constexpr Millis one_answer{1'000};
constexpr Millis loads_within{30'000};
constexpr Millis look_again_in{500}, look_again_at_once_in{20};

Error not_so(const Step& step, const Holds& holds, std::string_view when) {
    const ErrorCode code = holds.truth == Truth::no ? ErrorCode::conflict : ErrorCode::timeout;
    return Error{code, fmt::format("{}: {}", step.id, holds.found),
                 fmt::format("{} the step it was expected otherwise", when), "redisctl status",
                 holds.truth == Truth::no ? "" : std::string(uncertain)};
}

class Run {
  public:
    Run(World& world, Journal& journal, Observer& observer, const Plan& plan)
        : world_(world), journal_(journal), observer_(observer), plan_(plan) {}

    Report forward(const std::set<std::string>& begun, std::optional<int64_t> final_offset) {
        report_.readings.final_offset = final_offset;
        report_.readings.fenced_at_reading = final_offset.has_value();
        size_t first = 0;
        if (!begun.empty()) {
            begun_ = begun;
            report_.changed = true;
            if (Result<void> known = committed_before(); !known) return unknown(std::move(known).error());
            if (report_.committed) first = behind_commit();
            for (size_t i = 0; i < first; i++) tell(plan_.steps[i], StepStatus::already, Micros(0), {});
        }
        for (size_t i = first; i < plan_.steps.size(); i++) {
            const Step& step = plan_.steps[i];
            if (!report_.committed) {
                if (std::optional<Error> stop = asked_to_stop(step)) return back(i, std::move(*stop));
            }
            Result<void> done = run(step);
            if (done) continue;
            if (!step.essential) {
                report_.warnings.push_back(std::move(done).error());
                continue;
            }
            if (step.commits && done.error().reason == uncertain) return unknown(std::move(done).error());
            if (!report_.committed) return back(i + 1, std::move(done).error());
            // One replica that does not follow must not keep the others, or the clients, from the new master.
            report_.errors.push_back(std::move(done).error());
        }
        report_.outcome = !report_.errors.empty() ? Outcome::incomplete
                          : report_.changed       ? Outcome::done
                                                  : Outcome::noop;
        return std::move(report_);
    }

    Report backward(const std::set<std::string>& begun) {
        begun_ = begun;
        report_.changed = !begun.empty();
        if (Result<void> known = committed_before(); !known) return unknown(std::move(known).error());
        if (report_.committed) {
            report_.outcome = Outcome::refused;
            report_.errors.push_back({ErrorCode::refused,
                                      fmt::format("{} is master already: it cannot be undone", plan_.to),
                                      {},
                                      "redisctl resume, then switch back: redisctl failover --promote " + plan_.from,
                                      {}});
            return std::move(report_);
        }
        Report report = back(plan_.steps.size(), std::nullopt);
        // It died before it began anything: as it was is as it was to become.
        if (report.outcome == Outcome::refused) report.outcome = Outcome::rolled_back;
        return report;
    }

  private:
    size_t behind_commit() const {
        for (size_t i = 0; i < plan_.steps.size(); i++)
            if (plan_.steps[i].commits) return i + 1;
        return 0;
    }

    // Did the killed run pass the point of no return? The servers say so, not the journal.
    Result<void> committed_before() {
        for (const Step& step : plan_.steps) {
            if (!step.commits) continue;
            const Holds holds = known(step.already);
            if (holds.truth == Truth::unknown) return fail(not_so(step, holds, "before"));
            report_.committed = holds.truth == Truth::yes;
        }
        return {};
    }

    std::optional<Error> asked_to_stop(const Step& step) {
        if (interrupt::count() == 0 && observer_.may_go_on(step)) return std::nullopt;
        return Error{ErrorCode::interrupted, fmt::format("stopped before {}", step.id), {}, {}, {}};
    }

    void tell(const Step& step, StepStatus status, Micros took, std::optional<Error> error) {
        StepReport report{step.id, step.node, status, took, std::move(error)};
        observer_.on(step, report);
        if (status == StepStatus::started) return;
        nlohmann::ordered_json record{
            {"record", "step"}, {"step", step.id}, {"status", status_name(status)}, {"tookUs", took.count()}};
        if (report.error) record["error"] = report.error->message;
        journal_.note(record);
        const auto same = std::find_if(report_.steps.begin(), report_.steps.end(),
                                       [&](const StepReport& one) { return one.id == step.id; });
        if (same == report_.steps.end())
            report_.steps.push_back(std::move(report));
        else
            *same = std::move(report);
    }

    Result<void> run(const Step& step) {
        const TimePoint began = SteadyClock::now();
        const auto took = [&] { return std::chrono::duration_cast<Micros>(SteadyClock::now() - began); };
        if (!step.already.empty() &&
            all_hold(world_, plan_, step.already, Deadline::after(one_look)).truth == Truth::yes) {
            report_.committed = report_.committed || step.commits;
            tell(step, StepStatus::already, took(), {});
            return {};
        }
        tell(step, StepStatus::started, Micros(0), {});
        Result<void> done = attempt(step);
        if (done && step.commits) report_.committed = true;
        tell(step, done ? StepStatus::done : StepStatus::failed, took(),
             done ? std::nullopt : std::optional(done.error()));
        return done;
    }

    // A connection that broke while we waited is made anew: only a node that stays silent leaves it unknown.
    Holds known(const std::vector<Condition>& conditions) {
        const Deadline deadline = Deadline::after(one_look);
        for (;;) {
            Holds holds = all_hold(world_, plan_, conditions, deadline);
            if (holds.truth != Truth::unknown || deadline.passed() || !world_.pause(Millis(50))) return holds;
        }
    }

    // What a broken connection swallowed is said once more where the only way is on: a second REPLICAOF does what the
    // first did. A second FAILOVER would not, nor a second SENTINEL FAILOVER; both are looked after by themselves.
    bool may_repeat(const Step& step) const {
        const bool once =
            std::holds_alternative<HandOver>(step.action) || std::holds_alternative<SentinelFailover>(step.action);
        return report_.committed || (step.commits && !once);
    }

    // The settings that a step changed, as long as those behind it only wait for others to see them.
    const Step* kept_for(const Step& step) const {
        if (!std::holds_alternative<Wait>(step.action)) return nullptr;
        const auto waits = [](const Step& one) { return std::holds_alternative<Wait>(one.action); };
        const auto before = std::find_if_not(std::reverse_iterator(plan_.steps.begin() + (&step - plan_.steps.data())),
                                             plan_.steps.rend(), waits);
        if (before == plan_.steps.rend() || !begun_.contains(before->id) || before->commits) return nullptr;
        const bool settings = std::holds_alternative<Send>(before->action) && !before->after.empty() &&
                              std::all_of(before->after.begin(), before->after.end(), [](const Condition& condition) {
                                  return std::holds_alternative<SettingIs>(condition);
                              });
        return settings ? &*before : nullptr;
    }

    // Until its conditions hold. The Spotahome operator gives every node its own settings when it looks,
    // replica-priority too (spec.redis.customConfig): what was set back meanwhile is set again. Set back once it may be
    // so at any time, and whoever is to see it asks once in a while: from then on it is hardly ever otherwise.
    Holds wait_for(const Step& step) {
        const Millis patience(step.patience_ms);
        const Step* kept = kept_for(step);
        Deadline end = Deadline::after(patience);
        for (Millis look_in = look_again_in; kept != nullptr && !end.passed();) {
            Holds after = await(world_, plan_, step.after, Deadline::after(std::min(look_in, end.left())));
            if (after.truth == Truth::yes || !world_.pause(Millis(1))) return after;
            if (known(kept->after).truth != Truth::no || !perform(world_, kept->action, report_.readings)) continue;
            if (std::exchange(look_in, look_again_at_once_in) == look_again_in) end = Deadline::after(2 * patience);
        }
        return await(world_, plan_, step.after, kept == nullptr ? end : Deadline::after(Millis(0)));
    }

    // While a node loads what it copied it refuses what it is told. Behind the switch it is waited for, unless somebody
    // else has told it so by then: the Sentinels, an operator.
    Result<void> do_it(const Step& step) {
        const Deadline loaded = Deadline::after(loads_within);
        for (;;) {
            Result<void> performed = perform(world_, step.action, report_.readings);
            const bool loading = !performed && performed.error().reason == "LOADING";
            if (!loading || !report_.committed || loaded.passed() || !world_.pause(Millis(100))) return performed;
            if (!step.after.empty() && known(step.after).truth == Truth::yes) return {};
        }
    }

    Result<void> attempt(const Step& step) {
        if (const Holds holds = known(step.before); holds.truth != Truth::yes) {
            Error error = not_so(step, holds, "before");
            error.reason.clear();  // nothing was done
            return fail(std::move(error));
        }
        if (changes(step.action)) {
            if (!report_.committed) TRY(world_.hold_lock(Millis(2 * step.patience_ms)));
            if (const Result<void> intended = journal_.intend(step.id); !intended && !report_.committed)
                return fail(intended.error());
            begun_.insert(step.id);
            report_.changed = true;
        }
        // In the middle of a step nobody is interrupted.
        const interrupt::Patience patience(3);
        if (step.opens_window && !report_.readings.window_opened) report_.readings.window_opened = SteadyClock::now();
        const bool had_offset = report_.readings.final_offset.has_value();
        Result<void> performed = do_it(step);
        // A resume cannot read it again: behind the switch the old master may have copied all anew.
        if (!had_offset && report_.readings.final_offset && report_.readings.fenced_at_reading)
            journal_.note({{"record", "reading"}, {"finalOffset", *report_.readings.final_offset}});
        if (!performed && performed.error().reason != uncertain) return performed;
        if (!performed && may_repeat(step) &&
            await(world_, plan_, step.after, Deadline::after(one_answer)).truth == Truth::no) {
            // A second failure leaves what became of the first as open as it was.
            if (perform(world_, step.action, report_.readings)) performed = {};
        }
        const Holds after = wait_for(step);
        if (after.truth == Truth::yes && (performed || !step.after.empty())) return {};
        // A switch that is not seen done may still be: the word on its way, the servers at it.
        if (!performed && (after.truth != Truth::no || step.commits)) return performed;
        if (!performed) {
            Error error = performed.error();
            error.reason.clear();  // they answer again, and it was not done
            return fail(std::move(error));
        }
        return fail(not_so(step, after, "after"));
    }

    // Undoes what was begun among the first `end` steps, newest first.
    Report back(size_t end, std::optional<Error> why) {
        if (why) report_.errors.push_back(std::move(*why));
        bool clean = true;
        for (size_t i = end; i-- > 0;) {
            const Step& step = plan_.steps[i];
            if (!begun_.contains(step.id) || step.undo.empty()) continue;
            clean = undo(step) && clean;
        }
        report_.outcome = !clean ? Outcome::incomplete : report_.changed ? Outcome::rolled_back : Outcome::refused;
        return std::move(report_);
    }

    bool undo(const Step& step) {
        const interrupt::Patience patience(3);
        const TimePoint began = SteadyClock::now();
        const Deadline deadline = Deadline::after(Millis(std::max<int64_t>(step.patience_ms, 10'000)));
        (void)journal_.intend(step.id, true);
        Holds holds;
        Result<void> undone;
        // The undo is worth more than one try: a node that does not answer for a second would stay fenced for ever.
        do {
            for (const Action& action : step.undo) {
                Readings none;
                undone = perform(world_, action, none);
                if (!undone) break;
            }
            holds = all_hold(world_, plan_, step.undone, Deadline::after(Millis(1'000)));
            if (holds.truth == Truth::yes) break;
        } while (!deadline.passed() && world_.pause(Millis(100)));
        std::optional<Error> error;
        if (holds.truth != Truth::yes) {
            error = undone ? not_so(step, holds, "after the undo of") : std::move(undone).error();
            error->message = fmt::format("the undo of {} could not be verified: {}", step.id, error->message);
            error->hint = "redisctl abort";
            report_.errors.push_back(*error);
        }
        tell(step, error ? StepStatus::undo_failed : StepStatus::undone,
             std::chrono::duration_cast<Micros>(SteadyClock::now() - began), error);
        return !error;
    }

    Report unknown(Error why) {
        report_.errors.push_back(std::move(why));
        report_.outcome = Outcome::unknown;
        return std::move(report_);
    }

    World& world_;
    Journal& journal_;
    Observer& observer_;
    const Plan& plan_;
    std::set<std::string> begun_;
    Report report_;
};

}  // namespace

std::string_view status_name(StepStatus status) {
    switch (status) {
        case StepStatus::started:
            return "started";
        case StepStatus::done:
            return "done";
        case StepStatus::already:
            return "already";
        case StepStatus::failed:
            return "failed";
        case StepStatus::undone:
            return "undone";
        case StepStatus::undo_failed:
            return "undo-failed";
        case StepStatus::skipped:
            return "skipped";
    }
    return "skipped";
}

std::string_view outcome_name(Outcome outcome) {
    switch (outcome) {
        case Outcome::done:
            return "done";
        case Outcome::noop:
            return "noop";
        case Outcome::refused:
            return "refused";
        case Outcome::rolled_back:
            return "rolled-back";
        case Outcome::incomplete:
            return "incomplete";
        case Outcome::unknown:
            return "unknown";
    }
    return "unknown";
}

Report execute(World& world, Journal& journal, Observer& observer, const Plan& plan, const std::set<std::string>& begun,
               std::optional<int64_t> final_offset) {
    return Run(world, journal, observer, plan).forward(begun, final_offset);
}

Report undo(World& world, Journal& journal, Observer& observer, const Plan& plan, const std::set<std::string>& begun) {
    return Run(world, journal, observer, plan).backward(begun);
}

}  // namespace redisctl::failover
