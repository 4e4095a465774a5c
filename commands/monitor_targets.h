// Of which nodes MONITOR is asked: it slows a server down, so the master has to be named.
#pragma once

#include "base/result.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "fleet/node.h"
#include "topology/picture.h"

#include <vector>

namespace redisctl {

struct MonitorTarget {
    const fleet::Node* node;
    const topology::NodePicture* picture;
};

enum class MonitorOf { replica, master, named };

// Of the one instance that was looked at: its freshest replica, its master, or the Redis servers among the wanted.
// Errors: refused, when no replica is fit for it or there is no agreed master; not_found, when only Sentinels are
// wanted.
Result<std::vector<MonitorTarget>> monitor_targets(const Look& seen, MonitorOf of, const NodeNames& wanted);

}  // namespace redisctl
