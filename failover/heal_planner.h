// A diagnosis → the plan that cures it. Pure. The losers of a split are fenced, what only they wrote is saved, then all
// of them follow the survivor at once: the point of no return. Everything before it is undone when something fails.
#pragma once

#include "failover/diagnosis.h"
#include "failover/facts.h"
#include "failover/plan.h"
#include "failover/unshared.h"

#include <string>

namespace redisctl::failover {

struct HealWish {
    std::string operation;
    std::string folder;  // where lost writes are saved: <folder>/<operation>-lost-<node>.resp
    ReadLimits limits;
    Millis patience{60'000};  // for the replicas to have everything
    bool probe = true;        // write a key at the end
};

// facts.master is the survivor, where the diagnosis has one; without one the plan has no steps.
Plan plan_heal(const Facts& facts, const Diagnosis& diagnosis, const HealWish& wish);

}  // namespace redisctl::failover
