// Pods, Services and EndpointSlices of a namespace → instances with their nodes. Pure: names and labels are hints, the
// replies of the nodes decide later. Facts about the charts and operators: see docs/systems.md.
#pragma once

#include "base/result.h"
#include "fleet/node.h"
#include "kube/objects.h"

#include <string>
#include <vector>

namespace redisctl::fleet {

struct Inventory {
    Inventory() = default;
    Inventory(Inventory&&) = default;
    Inventory& operator=(Inventory&&) = default;

    // Owns what Instance::pods points to: moving is fine, copying would leave them behind. Those that are being deleted
    // are here too, and belong to no instance.
    std::vector<kube::Pod> pods;
    std::vector<Instance> instances;   // natural order by namespace and name
    std::vector<Instance> unselected;  // found beside them, and left out by --instance: never asked, only known
};

// What was listed; services_known says whether the two lists could be read.
struct Listed {
    std::vector<kube::Pod> pods;
    std::vector<kube::Service> services;
    std::vector<kube::EndpointSlice> slices;
    bool services_known = true;
};

// A pod belongs when a container runs Redis or Sentinel (process.h) and the pod counts: finished, Helm test and
// terminating ones do not. Instances are the groups of grouping.h. Their Services: those that select one of their pods,
// and those that would but for a role (a master's Service while nobody is labelled master), unless they select pods of
// another instance. A group of Sentinels alone stays an instance without nodes until join_by_sentinel.
Inventory make_inventory(Listed listed);

// After asking: Sentinels that stand alone (instance `sentinels`) and watch one of these addresses are moved to the one
// instance that has it as a pod's IP or DNS name; true when there is one. The emptied instance is removed, so that
// indices behind it move.
bool join_by_sentinel(Inventory& inventory, size_t sentinels, const std::vector<net::HostPort>& watched);

}  // namespace redisctl::fleet
