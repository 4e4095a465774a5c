// The Kubernetes objects that an instance is made of, by their names: of events, which name the object that they are
// about, those that are an instance's.
#pragma once

#include "commands/node_names.h"
#include "fleet/node.h"

#include <set>
#include <string>
#include <string_view>

namespace redisctl {

class InstanceObjects {
  public:
    // Pods, also those that were there before under the same workload; workloads, claims, Services and whatever else
    // is called as one of them or as the instance (PodDisruptionBudgets, a RedisFailover …).
    static InstanceObjects of(const fleet::Instance& instance);
    // Only the pods of these nodes and their claims.
    static InstanceObjects of_nodes(const fleet::Instance& instance, const NodeNames& nodes);

    bool has(std::string_view kind, std::string_view name) const;

  private:
    void add_pod(const kube::Pod& pod);

    std::set<std::string, std::less<>> names_;
    std::set<std::string, std::less<>> makers_;  // StatefulSets and ReplicaSets, after which pods are called
};

}  // namespace redisctl
