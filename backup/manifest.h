// What stands beside a backup, as JSON: of what it is, and how it can be told to be whole.
#pragma once

#include "base/result.h"
#include "redis/rdb_facts.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::backup {

// One file of settings, of Kubernetes objects or of an AOF, in the same folder as the manifest, or in the backup's own
// below it.
struct Part {
    std::string kind;  // config | sentinel | k8s | aof
    std::string name;  // the node, or the objects' plural: redis-0, statefulsets; of an AOF incr, manifest
    std::string file;
    uint64_t bytes = 0;
    std::string sha256;  // of the file as it stands there
    bool encrypted = false;
    std::vector<std::string> not_told = {};  // settings that may be set and cannot be read: auth-pass of a Sentinel
};

// What should be in it and is not, and why.
struct Missing {
    std::string kind, name, why;
};

// The commands behind the RDB, which is then the base of an AOF.
struct Aof {
    int64_t offset = 0;     // up to there, in the same history
    std::string time;       // RFC 3339, when the last of them were there
    uint64_t commands = 0;  // in its file
    std::string ended;      // caught-up | duration | interrupted | broken
};

// The members from node to took_ms are of the RDB, where there is one.
struct Manifest {
    std::string id;    // of the run: several instances may share it
    std::string time;  // RFC 3339, when it was asked for: all that was acknowledged before is in it, up to the lag
    std::string context, ns, instance, node;
    std::string role;  // master | replica, of the node then
    std::string server, server_version, run_id;
    std::string replid;  // the history, and the place in it
    int64_t offset = 0;
    std::optional<int64_t> lag_bytes;  // of a replica, when it was chosen
    int rdb_version = 0;
    // nullopt: not counted, and why.
    std::optional<std::map<uint64_t, redis::RdbDatabase>> keys;
    std::string not_counted;
    uint64_t functions = 0;
    std::string checksum;  // good | absent, of the RDB's own
    std::string file;      // its name, as of Part
    uint64_t bytes = 0;
    std::string sha256;
    int64_t took_ms = 0;
    std::optional<Aof> aof;
    std::vector<Part> parts;
    std::vector<Missing> missing;

    bool has_rdb() const { return !file.empty(); }
    std::string contents() const;  // "rdb", "config", "rdb+config+k8s", "rdb+aof"
    std::string full_name() const { return ns.empty() ? instance : ns + "/" + instance; }
};

// The members are the contract; the version of redisctl that wrote it stands beside them.
nlohmann::ordered_json to_json(const Manifest& manifest);
std::string manifest_text(const Manifest& manifest);

// Errors: io: it is no manifest of ours, and why.
Result<Manifest> parse_manifest(std::string_view text);

// 20261122T033000Z-1a2b3c4d: sorts by time, and no two runs share it.
std::string new_id();
// The name without its ending: the instance made safe for a file system, and the id.
std::string file_stem(const Manifest& manifest);
std::string manifest_name(const Manifest& manifest);  // <stem>.json
// <stem>.<name><ending>, the name made safe for a file system.
std::string file_of_part(const Manifest& manifest, std::string_view name, std::string_view ending);

// The backup's own folder, for what Redis wants in one and under names of its own: <stem>.aof
std::string aof_folder_name(const Manifest& manifest);

inline constexpr std::string_view aof_kind = "aof", aof_incr = "incr";

// How a part of Kubernetes objects ends: JSON too, and no manifest.
inline constexpr std::string_view objects_ending = ".k8s.json";

}  // namespace redisctl::backup
