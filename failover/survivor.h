// Which node is the master when a mess is cleared: the one beside which nothing is lost, then the one that the most
// important witnesses name. Pure.
#pragma once

#include "failover/check.h"
#include "failover/facts.h"
#include "failover/plan.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

struct Hearsay;

struct Survivor {
    std::string node;  // empty: none can be chosen, and `obstacle` says why; or there is nothing to choose
    std::string why;
    bool no_master = false;      // and there ought to be one
    std::vector<Unshared> lost;  // what other nodes have that this one lacks
    std::optional<Check> obstacle;
};

Survivor choose_survivor(const Facts& facts, const Hearsay& hearsay, const std::vector<std::string>& masters);

}  // namespace redisctl::failover
