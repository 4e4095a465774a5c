// What must hold before a planned switch is begun (protocols: every line has a name that --override and scripts use).
// Pure: facts in, verdicts out. A value that could not be read is `unknown`, and refuses like a bad one.
#pragma once

#include "base/result.h"
#include "failover/check.h"
#include "failover/facts.h"
#include "failover/wish.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::failover {

// All of them, also those that are good: first the master's, then the target's, the pair's, the surroundings'.
// wish.overrides turns what is overridable into a warning. Errors: usage when it names no check, or one that cannot be
// overridden.
Result<std::vector<Check>> pre_checks(const Facts& facts, const Wish& wish, const std::string& target);

// The names that --override takes, in the order of the checks.
const std::vector<std::string_view>& overridable_checks();

// Applies overrides to checks; same errors. names: those that may be overridden.
Result<void> apply_overrides(std::vector<Check>& checks, const std::vector<std::string>& overrides,
                             const std::vector<std::string_view>& names = overridable_checks());

}  // namespace redisctl::failover
