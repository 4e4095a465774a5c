// All that a node holds, as an RDB, the way a new replica gets it: the server saves a copy (a fork), and sends it. The
// pod's disk is not read, and need not be written: a server with repl-diskless-sync sends while it saves. No Sentinel
// takes us for a replica. Where it is wanted the commands that were written since follow, for as long as they are asked
// for.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/node.h"
#include "fleet/replication_client.h"
#include "redis/node_view.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace redisctl::fleet {

enum class SnapshotOf { rdb, rdb_and_commands };

struct SnapshotStart {
    redis::NodeView view;                 // of the node, from the same connection
    std::map<std::string, int64_t> keys;  // by database, "db0" → 12, when it was asked; empty when it did not tell
    // Nothing else is wanted, and the server knows REPLCONF rdb-only (Redis 7.0, 8.0, Valkey 8.1 do, Redis 6.0 not): it
    // ends with the RDB, keeps no commands for us, and never counts us among its good replicas. Another one takes us for
    // a replica from the last byte until we hang up, which is at once.
    bool rdb_only = false;
    std::string replid;              // the history, and
    int64_t offset = 0;              // the place in it that the RDB is of
    std::optional<uint64_t> length;  // in bytes; a server that sends while it saves does not know it
};

class Snapshot {
  public:
    explicit Snapshot(std::unique_ptr<ReplicationClient> client) : client_(std::move(client)) {}

    // Until the first byte is on its way; the server may wait for others that want the same, and for a save under way.
    // Errors: those of the connection; what the server answers to REPLCONF and PSYNC; refused, when the node would take
    // writes again because of us (with commands also a master that has min-replicas-to-write at all: we would count for
    // it as long as it lasts); conflict, when it has no link to its master, so that its data is old.
    Result<SnapshotStart> begin(SnapshotOf what);

    // The next bytes of the RDB, in place of what `bytes` held; empty when that was all. Errors: those of the connection;
    // what came is then of no use.
    Result<void> next(std::string& bytes);

    // Behind the RDB: the next bytes of the commands, which begin at the start's offset + 1; empty when none came until
    // then. Every second the server is told up to where they were `received`, else it hangs up (repl-timeout); a master
    // is told 0, as WAIT shall count no copy of ours. Errors: those of the connection.
    Result<void> next_commands(std::string& bytes, int64_t received, Deadline until);

  private:
    std::unique_ptr<ReplicationClient> client_;
    bool of_master_ = false;
    std::string behind_;  // the RDB: what came with its last bytes
    Deadline next_ack_ = Deadline::after(Millis(0));
    std::optional<uint64_t> left_;
    std::string mark_;  // of a server that does not know the length: it stands behind the last byte
    std::string held_;  // it may be the begin of the mark
    bool done_ = false;
};

}  // namespace redisctl::fleet
