// Where a node runs in Kubernetes: its pod, and the container of it.
#pragma once

#include "fleet/node.h"
#include "kube/objects.h"

#include <string>
#include <vector>

namespace redisctl {

// nullptr when none was found: a plain host.
const kube::Pod* pod_of(const fleet::Instance& instance, const fleet::Node& node);

// The one that the node's process runs in: two of a kind in one pod are told apart by its name. Empty when there is
// none.
std::string container_of(const kube::Pod& pod, const fleet::Node& node);

// All of them, those that run first and only once last.
std::vector<std::string> container_names(const kube::Pod& pod);

}  // namespace redisctl
