// Copies of volumes that a CSI driver makes: snapshot.storage.k8s.io/v1 of kubernetes-csi/external-snapshotter. They are
// custom resources: a cluster may not have them.
#pragma once

#include "base/result.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/reads.h"
#include "kube/resource.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::kube {

namespace resource {
inline constexpr Resource volume_snapshots{"snapshot.storage.k8s.io", "v1", "volumesnapshots"};
inline constexpr Resource snapshot_classes{"snapshot.storage.k8s.io", "v1", "volumesnapshotclasses", false};
}  // namespace resource

struct VolumeSnapshot {
    Meta meta;
    std::string created;         // of the object, RFC 3339
    std::string claim;           // spec.source.persistentVolumeClaimName; empty: made of content that was there
    std::string snapshot_class;  // spec.volumeSnapshotClassName
    bool ready = false;          // status.readyToUse
    std::string restore_size;    // status.restoreSize, a quantity; empty until it is known
    std::string taken;           // status.creationTime: when the driver made the copy
    std::string error;           // status.error.message: the controller tries again
};

struct SnapshotClass {
    Meta meta;
    std::string driver;
    std::string deletion_policy;  // Delete | Retain: what becomes of the copy when its VolumeSnapshot is deleted
    bool is_default = false;      // snapshot.storage.kubernetes.io/is-default-class
};

// Errors: as parse_pod.
Result<VolumeSnapshot> parse_volume_snapshot(std::string_view json);
Result<Page<VolumeSnapshot>> parse_volume_snapshots(std::string_view json);
Result<Page<SnapshotClass>> parse_snapshot_classes(std::string_view json);

Reading<VolumeSnapshot> read_volume_snapshot(Client& client, const std::string& ns, const std::string& name,
                                             Deadline deadline);
// ns empty: all namespaces.
std::unique_ptr<Listing<VolumeSnapshot>> list_volume_snapshots(Client& client, const std::string& ns);
// They stand in no namespace, so that only a ClusterRole can allow it.
std::unique_ptr<Listing<SnapshotClass>> list_snapshot_classes(Client& client);

// What the API says of a group that it does not have is a 404 that is no Status: that error becomes refused
// (NO_SNAPSHOT_API), which says so. Any other stays.
Error snapshot_api_error(Error error);

// Makes one. Errors: those of create_object, and of snapshot_api_error.
struct NewSnapshot {
    std::string ns, name, claim, snapshot_class;
    Labels labels, annotations;
};
Result<VolumeSnapshot> create_volume_snapshot(Client& client, const NewSnapshot& wanted, Deadline deadline);

}  // namespace redisctl::kube
