// Has a pod that was replaced become a replica as good as the one before it? Pure.
#pragma once

#include "commands/upgrade_target.h"
#include "fleet/node.h"
#include "topology/picture.h"

#include <cstdint>
#include <string>
#include <vector>

namespace redisctl {

struct Replaced {
    std::string node;
    std::string uid;  // of the pod that was deleted; empty: any pod of the name will do
};

// Empty when it has: a Ready pod of the newest revision, whose server follows the master with its link up, and is no
// more than max_lag bytes behind. Ready alone says nothing of the last two. Else one clause of what is missing.
std::string missing_of(const fleet::Instance& instance, const topology::Picture& picture,
                       const std::vector<UpgradedSet>& sets, const Replaced& replaced, int64_t max_lag);

// Critical findings that are not about a node which is still to be replaced, or come of the roll itself; empty: none.
std::string critical_findings(const topology::Picture& picture, const std::vector<std::string>& still_to_come);

}  // namespace redisctl
