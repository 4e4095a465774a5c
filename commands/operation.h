// One change of one instance, from the shown plan to its result: consent, lock, journal, execution, proof, report.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/change_flags.h"
#include "commands/context.h"
#include "commands/operation_json.h"
#include "failover/journal.h"
#include "failover/lock.h"
#include "failover/plan.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl {

// What a change does with an operation that a killed run left.
enum class Continue { fresh, forward, backward };

struct Operation {
    std::string id;
    const fleet::Instance* instance = nullptr;
    failover::Plan plan;
    ChangeFlags flags;
    bool must_name = false;  // the instance's name has to be typed: something can be lost
    Continue how = Continue::fresh;
    std::optional<failover::Recorded> recorded;  // with forward and backward
    // Unfinished ones that cannot be resumed any more because this one clears up behind them; ended with it.
    std::vector<failover::Recorded> supersedes = {};
    // Of a larger change that this is a part of: it has the instance's lock and keeps it. nullptr: this takes its own.
    failover::Lock* lock = nullptr;
};

// The yes to a change of this instance: given by the flags, or asked for. Errors: refused; interrupted.
Result<void> consent_to(const ChangeFlags& flags, const std::string& instance, bool must_name = false);

// The plan has been shown. Prints Events and OperationResult in the chosen format. Errors are part of the result; only
// output's own are returned.
Result<ExitCode> run_operation(Context& context, Operation operation);

// What is known of it before it begins.
OperationResult result_for(const Operation& operation);

}  // namespace redisctl
