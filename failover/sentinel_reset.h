// Sentinels that forget what is gone, one at a time: what has to hold for it, and the plan. Pure. SENTINEL RESET makes
// one forget everything but the master's address; what lives it finds again by the master's INFO and by the hellos of
// the others. Nothing else of what it forgets comes back.
#pragma once

#include "base/result.h"
#include "failover/check.h"
#include "failover/council_facts.h"
#include "failover/plan.h"

#include <string>
#include <vector>

namespace redisctl::failover {

struct ResetWish {
    std::vector<std::string> sentinels;  // only these; empty: all that remember something gone
    std::vector<std::string> overrides;
    Millis patience{60'000};  // until one that was reset has found everything again
};

// Those that remember what is gone, or another instance's nodes, among the wished ones.
std::vector<size_t> to_reset(const CouncilFacts& facts, const ResetWish& wish);

// Of the wished ones, those that answered and did not say what they remember.
std::vector<size_t> unread(const CouncilFacts& facts, const ResetWish& wish);

// Errors: usage, when the wish overrides what cannot be.
Result<std::vector<Check>> reset_checks(const CouncilFacts& facts, const ResetWish& wish);

Plan plan_reset(const CouncilFacts& facts, const ResetWish& wish);

}  // namespace redisctl::failover
