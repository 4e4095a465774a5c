// The volume that a node's data lie on.
#pragma once

#include "base/result.h"
#include "fleet/node.h"
#include "kube/objects.h"
#include "kube/pod_condition.h"

#include <string>

namespace redisctl {

struct NodeVolume {
    const kube::Pod* pod = nullptr;
    std::string container, image;
    std::string mount_path, sub_path;  // where the container has the volume, and which folder of it
    std::string claim;                 // the PersistentVolumeClaim
    std::string directory;             // of the data, as the container sees it
    std::string why;                   // "as CONFIG GET dir says"
};

// condition: of the node's pod. directory: as the node says it; empty: it does not, and then it is what is mounted at
// /data. Errors: refused (NO_POD; NO_VOLUME: nothing is mounted there; NO_CLAIM: what is mounted there is no
// PersistentVolumeClaim).
Result<NodeVolume> volume_of(const fleet::Instance& instance, const fleet::Node& node, const std::string& directory,
                             const kube::PodCondition& condition);

}  // namespace redisctl
