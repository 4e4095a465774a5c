// What a switch decides by that only Kubernetes knows.
#pragma once

#include "base/result.h"
#include "kube/access_review.h"
#include "kube/objects.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

struct KubernetesFacts {
    Result<std::vector<kube::StatefulSet>> workloads;        // those that own pods of the instance
    Result<std::vector<kube::DisruptionBudget>> budgets;     // those that cover pods of the instance
    std::map<std::string, Result<kube::K8sNode>> k8s_nodes;  // those that pods of the instance run on
    std::vector<kube::Review> reviews;                       // one for each permission that the switch needs
    std::vector<std::string> terminating;                    // pods of those workloads that are being deleted
    Result<std::string> lock_holder;                         // of the instance's Lease; empty: nobody
    std::optional<int64_t> credential_seconds;  // until it expires; nullopt: it does not, or this is unknown
};

// On the Services of a master that is away from the pod that its chart makes the master at every start; a sentence.
inline constexpr const char* drift_annotation = "redisctl.io/drift";

}  // namespace redisctl::failover
