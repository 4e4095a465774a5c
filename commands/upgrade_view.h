// An upgrade as it is shown: what will be done, before; where every pod is, afterwards.
#pragma once

#include "base/exit_code.h"
#include "commands/listed_step.h"
#include "commands/upgrade_roll.h"
#include "failover/plan.h"
#include "output/output.h"

#include <string>
#include <vector>

namespace redisctl {

struct UpgradePlan {
    failover::Plan plan;  // its head, checks and notes
    std::vector<ListedStep> steps;
    std::string image;
};

// As show_plan() does it with the plan of a switch.
Result<void> show_upgrade_plan(output::Output& output, const UpgradePlan& plan, bool only_plan);

// The same again; and back. With what --container and --image were.
struct WaysOn {
    std::string on, back;
};

// As print_result() does it with the result of a switch; where it stopped, it says which pods run what, and both ways.
Result<ExitCode> print_upgrade_result(output::Output& output, RollResult result, const WaysOn& ways);

}  // namespace redisctl
