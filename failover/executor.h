// Runs a plan: each step's conditions, intent in the journal, action, conditions; on failure before the point of no
// return the undo of what was begun, newest first, each verified. Behind it the rest is finished, never undone.
#pragma once

#include "failover/actions.h"
#include "failover/journal.h"
#include "failover/plan.h"
#include "failover/world.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::failover {

enum class StepStatus { started, done, already, failed, undone, undo_failed, skipped };
std::string_view status_name(StepStatus status);  // "started", "done", "already", "failed", "undone", "undo-failed" …

struct StepReport {
    std::string id, node;
    StepStatus status = StepStatus::skipped;
    Micros took{};
    std::optional<Error> error;
};

// done; noop: it was so already; refused: nothing was changed; rolled_back: what was changed is undone and verified,
// without an error when that was asked for; incomplete: changed, and something is left to do; unknown: who knows
// whether it was changed does not answer.
enum class Outcome { done, noop, refused, rolled_back, incomplete, unknown };
std::string_view outcome_name(Outcome outcome);  // "done", "noop", "refused", "rolled-back", "incomplete", "unknown"

struct Report {
    Outcome outcome = Outcome::noop;
    bool changed = false;    // something was sent that changes something, undone or not
    bool committed = false;  // the point of no return was passed
    std::vector<StepReport> steps;
    std::vector<Error> errors;    // why it is not done; the first is the reason
    std::vector<Error> warnings;  // unessential steps that failed
    Readings readings;
};

// Who watches, and who is asked.
class Observer {
  public:
    virtual ~Observer() = default;
    virtual void on(const Step& step, const StepReport& report) = 0;
    // --step: before each step; false stops there, as Ctrl-C does.
    virtual bool may_go_on(const Step& step) = 0;
};

// `begun`: the steps that a killed run had begun, when this one continues it: what is found done is passed over, up to
// the point of no return altogether when that was passed. Empty for a fresh run. `final_offset`: what it had read.
Report execute(World& world, Journal& journal, Observer& observer, const Plan& plan,
               const std::set<std::string>& begun, std::optional<int64_t> final_offset = {});

// Undoes the steps that a killed run had begun. Refused when the point of no return was passed.
Report undo(World& world, Journal& journal, Observer& observer, const Plan& plan, const std::set<std::string>& begun);

}  // namespace redisctl::failover
