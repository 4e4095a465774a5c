// Pods, Services and EndpointSlices of a namespace → instances with their nodes. Pure: names and labels are hints, the replies of the nodes decide later.
// Facts about the charts and operators: see docs/systems.md.
#pragma once

#include "base/result.h"
#include "fleet/node.h"
#include "kube/objects.h"

#include <string>
#include <vector>

namespace redisctl::fleet {

struct Inventory {
    std::vector<kube::Pod> pods;  // owns what Instance::pods points to
    std::vector<Instance> instances;  // natural order by namespace and name
};

// What was listed; services_known says whether the two lists could be read.
struct Listed {
    std::vector<kube::Pod> pods;
    std::vector<kube::Service> services;
    std::vector<kube::EndpointSlice> slices;
    bool services_known = true;
};

// Groups by: RedisFailover name label → app.kubernetes.io/instance (with name) → "app"/"release" labels → owner (StatefulSet; ReplicaSet's Deployment; else the pod).
// A pod belongs when a container listens on or runs Redis or Sentinel: port 6379/26379 or named redis/sentinel, image or command that runs redis-server, valkey-server,
// redis-sentinel; an exporter alone does not, nor a finished or Helm test pod (annotation helm.sh/hook). Terminating pods are left out.
// Sentinels that form a group of their own (Deployment redis-sentinel beside StatefulSets redis-master and redis-slave) are joined to the one
// instance that they name in their arguments or share labels with; what stays unclear is decided after asking (join_by_sentinel).
Inventory make_inventory(Listed listed);

}  // namespace redisctl::fleet
