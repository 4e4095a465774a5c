// What a VolumeSnapshot holds, as an RDB on this machine: a temporary server loads the copy, and is gone again.
#pragma once

#include "backup/find.h"
#include "base/result.h"
#include "base/time.h"
#include "commands/context.h"
#include "commands/snapshot_note.h"
#include "fleet/node.h"

#include <string>

namespace redisctl {

struct SnapshotCopy {
    std::string snapshot;             // its name
    SnapshotNote note;                // how a server finds the data in it
    std::string size, storage_class;  // of the temporary volume; no class: the cluster's default
    std::string pod, container;       // that the temporary pod is made after
};

// The program that loads it: "redis-server" or "valkey-server".
std::string program_of(const SnapshotNote& note);

// The file and its manifest are written to `folder`. Errors: those of TemporaryServer; of receive_rdb; refused
// (EMPTY_COPY): it holds no key, and some were there. Nothing that was made in the cluster is left, whatever it returns.
Result<backup::Named> fetch_snapshot(Context& context, const fleet::Instance& instance, const SnapshotCopy& copy,
                                     const std::string& operation, const std::string& folder, Deadline deadline);

}  // namespace redisctl
