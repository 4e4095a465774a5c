// Which pods are one Redis system. Rules, first hit:
//  1. label redisfailovers.databases.spotahome.com/name
//  2. label app.kubernetes.io/instance, with app.kubernetes.io/name where there is one (role words at its end do not
//  count)
//  3. label release, with label app (charts before Helm 3); label app.kubernetes.io/part-of, with the name as above
//  4. the workload's name (StatefulSet; ReplicaSet's Deployment; else the pod) without -master, -slave, -replica(s),
//  -sentinel, -node …;
//     a workload that is called by its role alone ("sentinel") counts by its label app
// Then groups are put together, unless a chart or an operator has said what they are:
//  5. whose labels are the same but for pod and role;
//  6. whose arguments name a pod or Service of the other (--replicaof, sentinel monitor, REDIS_MASTER_HOST);
//  7. Sentinels alone also with the one Redis group that has the same instance, release, part-of or app label.
#pragma once

#include "fleet/process.h"
#include "kube/objects.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::fleet {

struct Member {
    const kube::Pod* pod = nullptr;
    std::vector<Process> processes;  // never empty
};

struct Group {
    std::string ns, name;
    std::vector<Member> members;
};

// Sorted by namespace and name; a name that two groups of one namespace would share is replaced by their workloads'
// names.
std::vector<Group> group_members(std::vector<Member> members, const std::vector<kube::Service>& services);

// The StatefulSet, DaemonSet or Deployment that made the pod, else the pod's own name.
std::string workload(const kube::Pod& pod);

// "redis" of "redis-master", "redis-slave", "redis-node"; the whole when no role word ends it, empty when it is a role
// word alone.
std::string family(std::string_view workload);

// Is every key of the selector a label with that value? An empty selector selects nothing.
bool selects(const kube::Labels& selector, const kube::Labels& labels);

}  // namespace redisctl::fleet
