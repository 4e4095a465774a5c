// One replica attached to the master again: what has to hold for it, and the plan. Pure. The master's data win whatever
// the replica has, so most of it is about when that would destroy something.
#pragma once

#include "failover/check.h"
#include "failover/facts.h"
#include "failover/plan.h"

#include <string>
#include <vector>

namespace redisctl::failover {

struct ResyncWish {
    std::string node, operation;
    bool full = false;         // a full copy, also where the missing bytes would do
    Millis patience{600'000};  // until the link is up
};

// facts.master is the only master that answers, and survey_logins has been there; the node is one of the facts.
std::vector<Check> resync_checks(const Facts& facts, const ResyncWish& wish);

// Is it linked to the master already, and nothing else asked for?
bool attached(const Facts& facts, const ResyncWish& wish);

// Something can be gone for good: what only the replica has, or the only other copy while it is made anew.
bool gives_something_up(const Facts& facts, const ResyncWish& wish);

Plan plan_resync(const Facts& facts, const ResyncWish& wish);

}  // namespace redisctl::failover
