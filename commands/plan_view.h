// A plan as people read it.
#pragma once

#include "failover/plan.h"
#include "output/output.h"

namespace redisctl {

// summary: who, how, what it costs, the checks that are not good, and the steps. everything: all checks, all candidates,
// the exact commands and their undo.
enum class PlanDetail { summary, everything };
Result<void> print_plan(output::Output& output, const failover::Plan& plan, PlanDetail detail);

}  // namespace redisctl
