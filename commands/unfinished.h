// Changes of this machine that are not over.
#pragma once

#include "base/environment.h"
#include "base/result.h"
#include "failover/journal.h"
#include "failover/lock.h"
#include "failover/plan.h"
#include "output/output.h"

#include <string>
#include <vector>

namespace redisctl {

// May a change of this plan's instance begin? One that was killed may have left something borrowed: it is finished or
// undone first, save for those that the new one clears up behind, and for those that have borrowed nothing. Errors:
// refused (LOCKED, UNFINISHED).
Result<void> none_unfinished(const Environment& environment, const failover::Plan& plan,
                             const std::vector<failover::Recorded>& superseded = {});

// The lock of a change that has borrowed nothing, and was killed on this machine, is taken at once: what is left of it
// is in nobody's way. One that looks abandoned otherwise is waited for, and `output` is told so.
failover::Takeover takeover_of_dead(const Environment& environment, output::Output& output);

}  // namespace redisctl
