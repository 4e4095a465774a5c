// A PersistentVolumeClaim, and the volume that it is bound to: which driver can copy it.
#pragma once

#include "base/result.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/reads.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

struct VolumeClaim {
    Meta meta;
    std::string phase;   // Pending | Bound | Lost
    std::string volume;  // the PersistentVolume; empty until it is bound
    std::string storage_class;
    std::vector<std::string> access_modes;
    std::string requested, capacity;  // quantities; capacity is empty until it is bound
    std::string provisioner;          // annotated by the one that made its volume; empty when somebody made it by hand
};

struct PersistentVolume {
    Meta meta;
    std::string csi_driver;  // empty: no CSI driver made it
    std::string type;        // csi, hostPath, local, nfs … as far as it is known; empty else
};

// Errors: as parse_pod.
Result<VolumeClaim> parse_volume_claim(std::string_view json);
Result<PersistentVolume> parse_persistent_volume(std::string_view json);

Reading<VolumeClaim> read_volume_claim(Client& client, const std::string& ns, const std::string& name,
                                       Deadline deadline);
// It stands in no namespace, so that only a ClusterRole can allow it.
Reading<PersistentVolume> read_persistent_volume(Client& client, const std::string& name, Deadline deadline);

}  // namespace redisctl::kube
