// What redisctl writes on a VolumeSnapshot, and reads again: of which data it is, and how a server finds them in it.
#pragma once

#include "kube/objects.h"
#include "kube/volume_snapshot.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace redisctl {

// Each empty where the snapshot does not say, as one that others made.
struct SnapshotNote {
    std::string operation, instance, node, role;
    std::string server, version;  // "redis", "7.0.15"
    std::string replid;           // the history, and the place in it that all was on the disk up to
    std::optional<int64_t> offset;
    std::optional<std::map<std::string, int64_t>> keys;  // by database, "db0" → 12
    std::string saved;                                   // RFC 3339: since when the RDB is as it is
    std::optional<bool> aof;                             // the server wrote one
    // How the server was started, for another one that is to load it.
    std::string image, mount_path, sub_path, directory, rdb_name, aof_name, aof_folder, databases;
};

kube::Labels labels_of(const SnapshotNote& note);
kube::Labels annotations_of(const SnapshotNote& note);
SnapshotNote note_of(const kube::VolumeSnapshot& snapshot);

// "db0=12,db3=1" and back; an empty text is no keys at all.
std::string keys_text(const std::map<std::string, int64_t>& keys);
// All of them; nullopt where the note has none.
std::optional<int64_t> count_keys(const SnapshotNote& note);

inline constexpr const char* managed_by_label = "app.kubernetes.io/managed-by";
inline constexpr const char* instance_label = "redisctl.io/instance";

}  // namespace redisctl
