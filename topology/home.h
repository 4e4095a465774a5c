// The pod that a chart makes the master at every start, whoever is the master now.
#pragma once

#include "fleet/node.h"

#include <string>
#include <string_view>

namespace redisctl::topology {

// sb-replica: the one with ordinal 0. bitnami-replication: the one that is labelled as the master's component. Empty for
// other systems, and while a pod of that label does not exist.
std::string home_pod(const fleet::Instance& instance, std::string_view system);

// app.kubernetes.io/component says master (or primary, as newer charts do). It is a name that never moves.
bool has_master_component(const kube::Labels& labels);

}  // namespace redisctl::topology
