// What changes of Sentinels decide by, and what their plans have in common.
#pragma once

#include "failover/check.h"
#include "failover/plan.h"
#include "topology/council.h"
#include "topology/picture.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

struct CouncilFacts {
    topology::Picture picture;
    topology::Council council;

    const topology::NodePicture* master() const;  // nullptr: not clear who it is, or none of the nodes
    std::optional<size_t> index_of(const std::string& sentinel) const;
};

// A check that says no, or one that says yes.
Check sentinel_check(std::string name, std::string node, bool good, std::string value, std::string limit,
                     std::string hint = {});

// No TILT, no failover under way, the master is there and answers as one.
void check_calm(const CouncilFacts& facts, std::vector<Check>& out);

// Of all that answer and watch the instance's master by this name.
std::vector<Condition> all_calm(const CouncilFacts& facts);

// All that this Sentinel should know of what lives: the master's replicas, and the Sentinels that watch the master.
SentinelKnows what_lives(const CouncilFacts& facts, size_t sentinel, const std::string& master_name);

// The beginning of a plan: whose, and who is who.
Plan begin_sentinel_plan(const CouncilFacts& facts, std::string command);

}  // namespace redisctl::failover
