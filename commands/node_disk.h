// What a node has on its disk and where, as it says itself; and making that current, before the disk is copied.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "commands/context.h"
#include "fleet/node.h"
#include "redis/node_view.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace redisctl {

struct NodeDisk {
    redis::NodeView view;
    std::map<std::string, int64_t> keys;  // by database, "db0" → 12
    bool aof = false;                     // it writes one, and loads it at its start instead of the RDB
    // CONFIG GET; each empty where the node does not tell, as where the command is renamed or denied.
    std::string directory, rdb_name, aof_name, aof_folder, appendfsync, databases;
};

// Errors: those of the connection, and of INFO.
Result<NodeDisk> ask_disk(Context& context, const fleet::Node& node);

struct OnDisk {
    std::string saved;          // RFC 3339, by the server's clock: since when its RDB is as it is
    int64_t save_seconds = -1;  // that it took; -1: unknown
    // Of the AOF: every write from before the call is behind an fsync. True without one.
    bool synced = true;
    std::string says;  // a sentence: what a copy of the disk holds for certain from now on
};

// A new RDB, from its begin to its success; one that is under way is waited for, and another one made behind it. Where
// there is an AOF it goes on until that is behind an fsync as well. How that is known: with appendfsync everysec the
// server begins an fsync at least every second, and INFO says whether one is under way. WAITAOF would say nothing:
// replicas refuse it, and it counts the writes of its own connection, which has none (redis src/replication.c). Errors:
// refused (SAVE_FAILED, or what it answers to BGSAVE); those of the connection; timeout; interrupted.
Result<OnDisk> bring_to_disk(Context& context, const fleet::Node& node, const NodeDisk& disk, Deadline deadline);

}  // namespace redisctl
