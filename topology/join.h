// fleet's instance + each node's own view → Picture.
#pragma once

#include "base/result.h"
#include "fleet/node.h"
#include "redis/node_view.h"
#include "redis/sentinel_view.h"
#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl::topology {

// What the nodes answered, in the order of instance.nodes and instance.sentinels, one for each.
struct Answers {
    std::vector<Result<redis::NodeView>> nodes;
    std::vector<Result<redis::SentinelView>> sentinels;
};

// Recognises the system, resolves addresses to nodes (pod IP, <pod>.<service>… names, announced names, Service cluster
// IPs), computes lag, hears the witnesses, and lists the findings. `system_override` (--system) replaces the recognised
// one when not empty.
Picture join(const fleet::Instance& instance, const Answers& answers, const std::string& system_override = {});

}  // namespace redisctl::topology
