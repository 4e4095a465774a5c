// Conditions of a plan against fresh views: all nodes that they name are asked at once.
#pragma once

#include "failover/plan.h"
#include "failover/world.h"
#include "redis/node_view.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace redisctl::failover {

enum class Truth { yes, no, unknown };  // unknown: who should know did not answer

struct Holds {
    Truth truth = Truth::unknown;
    std::string found;  // what was found instead: "redis-1 is a replica, its link is down"; empty when it holds
};

// What the nodes say, in one round trip. Those that do not answer have an error.
std::map<std::string, Result<redis::NodeView>> look_at(World& world, std::span<const std::string> nodes,
                                                       Deadline deadline);

// One each, in order.
std::vector<Holds> examine(World& world, const Plan& plan, std::span<const Condition> conditions, Deadline deadline);

// Yes when all hold; no when one certainly does not; else unknown. `found` tells of the first that does not hold.
Holds all_hold(World& world, const Plan& plan, std::span<const Condition> conditions, Deadline deadline);

// Asks again and again until all hold. The last answer otherwise; `unknown` too when the wait was interrupted.
Holds await(World& world, const Plan& plan, std::span<const Condition> conditions, Deadline deadline);

// Is this one of the addresses by which the plan knows the node?
bool is_address_of(const Plan& plan, const std::string& node, const std::string& host, int64_t port);

}  // namespace redisctl::failover
