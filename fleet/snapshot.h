// All that a node holds, as an RDB, the way a new replica gets it: the server saves a copy (a fork), and sends it. The
// pod's disk is not read, and need not be written: a server with repl-diskless-sync sends while it saves. No Sentinel
// takes us for a replica.
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

struct SnapshotStart {
    redis::NodeView view;                 // of the node, from the same connection
    std::map<std::string, int64_t> keys;  // by database, "db0" → 12, when it was asked; empty when it did not tell
    // The server knows REPLCONF rdb-only (tried: Redis 7.0 and 8.0 and Valkey 8.1 do, Redis 6.0 does not): it ends with
    // the RDB, keeps no commands for us meanwhile, and never counts us among its good replicas. Another one takes us for
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
    // writes again because of us; conflict, when it has no link to its master, so that its data is old.
    Result<SnapshotStart> begin();

    // The next bytes of the RDB; empty when that was all. Errors: those of the connection: what came is then of no use.
    Result<std::string> next();

  private:
    std::unique_ptr<ReplicationClient> client_;
    std::optional<uint64_t> left_;
    std::string mark_;  // of a server that does not know the length: it stands behind the last byte
    std::string held_;  // it may be the begin of the mark
    bool done_ = false;
};

}  // namespace redisctl::fleet
