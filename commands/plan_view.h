// A plan as it is shown before it is carried out, or instead.
#pragma once

#include "base/result.h"
#include "failover/plan.h"
#include "output/output.h"
#include "output/table.h"

namespace redisctl {

// People get a summary: who, how, what it costs, the checks that are not good, and the steps. Where the plan is all
// there is (`only_plan`: a dry run) they get all checks, all candidates, the exact commands and their undo, and
// programs get the Plan; programs that wait for a change get its Events and its result. With -o name nothing is shown.
Result<void> show_plan(output::Output& output, const failover::Plan& plan, bool only_plan);

// Its checks: those that are not good, or all of them.
output::Table check_table(const failover::Plan& plan, bool everything);

}  // namespace redisctl
