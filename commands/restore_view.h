// A restore as it is shown: what will be hit, before; what came of it, afterwards.
#pragma once

#include "base/exit_code.h"
#include "commands/listed_step.h"
#include "commands/operation_json.h"
#include "commands/replay.h"
#include "commands/restore_compare.h"
#include "failover/plan.h"
#include "output/output.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct RestorePlan {
    failover::Plan plan;  // its head, checks and notes
    std::vector<ListedStep> steps;
    const RestoreFile* file = nullptr;
    const RestoreTarget* target = nullptr;
};

// As show_plan() does it with the plan of a switch.
Result<void> show_restore_plan(output::Output& output, const RestorePlan& plan, bool only_plan);

struct RestoreResult {
    OperationResult operation;
    const RestoreFile* file = nullptr;
    const RestoreTarget* target = nullptr;
    Replayed replayed;
    std::optional<Compared> compared;
    std::string safety_backup;  // its path; empty: there is none
    bool begun = false;         // keys were sent
    std::string goes_on_by;     // the line that goes on with what is not done; empty: none does
    struct Resumed {
        uint64_t behind = 0;       // so many keys and libraries of the file were there already; 0: from the first on
        bool same_master = false;  // the process is the one that took them
    };
    std::optional<Resumed> resumed;
};

// As print_result() does it with the result of a switch.
Result<ExitCode> print_restore_result(output::Output& output, RestoreResult result);

}  // namespace redisctl
