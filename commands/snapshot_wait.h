// From a VolumeSnapshot that was asked for to one that can be used.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "commands/context.h"
#include "kube/volume_snapshot.h"

#include <optional>
#include <string>

namespace redisctl {

struct SnapshotWait {
    kube::VolumeSnapshot snapshot;  // as it was seen last
    // Why it is not ready: what the driver says (SNAPSHOT_FAILED), the time is up (NOT_READY), it is gone (GONE),
    // Ctrl-C (interrupted), the API does not answer any more. nullopt: it is ready.
    std::optional<Error> error;
};

// A driver's error is what the controller tries again after, so it counts once it has stood for ten seconds.
SnapshotWait wait_until_ready(Context& context, kube::VolumeSnapshot snapshot, Deadline deadline);

}  // namespace redisctl
