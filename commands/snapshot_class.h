// Which VolumeSnapshotClass copies a volume.
#pragma once

#include "base/result.h"
#include "kube/volume_snapshot.h"

#include <string>
#include <vector>

namespace redisctl {

struct ChosenClass {
    std::string name, deletion_policy;
    std::string why;  // "as named", "the default of hostpath.csi.k8s.io", "the only one of hostpath.csi.k8s.io"
};

// driver: of the volume; empty where it is not known, and then a class must be named. wanted: --class; empty: the best.
// Errors: not_found for a name that is not there; refused (OTHER_DRIVER, NO_CLASS, WHICH_CLASS).
Result<ChosenClass> choose_class(const std::vector<kube::SnapshotClass>& classes, const std::string& driver,
                                 const std::string& wanted);

}  // namespace redisctl
