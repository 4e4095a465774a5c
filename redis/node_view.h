// What one Redis node says about itself: INFO (server, replication, persistence) and ROLE, as values. Pure; parsing is tolerant:
// unknown fields are ignored, a missing one stays nullopt and is never 0.
// Field names and versions: redis 5.0–8.2 and valkey 8 src/server.c genRedisInfoString, src/replication.c roleCommand.
#pragma once

#include "base/result.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis {

enum class Role { unknown, master, replica, sentinel };
Role parse_role(std::string_view text);        // INFO's and ROLE's word: "slave" is a replica
std::string_view role_name(Role role);  // "master", "replica", "sentinel", "unknown"

// A replica as its master sees it: one slaveN line.
struct AttachedReplica {
    std::string host;  // IP, IPv6 or announced name
    uint16_t port = 0;
    std::string state;                   // online, wait_bgsave, send_bulk …
    std::optional<int64_t> offset;       // last acknowledged, at most 1 s old
    std::optional<int64_t> lag_seconds;  // since its last acknowledgement
};

struct NodeView {
    // INFO server
    std::string version;          // redis_version, or valkey_version where there is one
    std::string server = "redis";  // redis | valkey
    std::string run_id;
    std::string mode;  // standalone | sentinel | cluster; empty when unknown
    std::optional<int64_t> tcp_port;
    std::optional<int64_t> uptime_seconds;
    std::string config_file;

    // INFO replication and ROLE
    Role role = Role::unknown;
    std::string master_host;
    std::optional<int64_t> master_port;
    std::optional<bool> link_up;                   // replica: master_link_status
    std::optional<int64_t> last_io_seconds;        // replica: master_last_io_seconds_ago, nullopt for -1
    std::optional<int64_t> link_down_seconds;      // replica whose link is down
    std::optional<bool> sync_in_progress;          // replica
    std::string role_state;                        // replica: ROLE's connect | connecting | sync | connected | handshake
    std::optional<int64_t> master_offset;          // master_repl_offset
    std::optional<int64_t> applied_offset;         // slave_repl_offset: bytes applied
    std::optional<int64_t> read_offset;            // slave_read_repl_offset (6.2+): bytes read from the socket
    std::optional<int64_t> priority;               // slave_priority
    std::optional<bool> read_only;                 // slave_read_only
    std::optional<int64_t> connected_replicas;     // connected_slaves
    std::optional<int64_t> good_replicas;          // min_slaves_good_slaves, only where min-replicas is set
    std::string failover_state;                    // master_failover_state (6.2+); empty when not told
    std::string replid, replid2;                   // replid2 is empty when all zeros
    std::optional<int64_t> second_offset;          // second_repl_offset; nullopt for -1
    std::optional<bool> backlog_active;
    std::optional<int64_t> backlog_size, backlog_first, backlog_histlen;
    std::vector<AttachedReplica> replicas;

    // INFO persistence
    std::optional<bool> loading;        // also async_loading
};

// The requests whose replies parse_node_view takes, in this order. One round trip; all are allowed while LOADING and on stale replicas.
std::vector<Request> node_view_requests();

// Errors: the first error reply becomes reply_error() (NOAUTH, NOPERM …), save that ROLE may be denied or missing; text that is no INFO is `protocol`.
// A Sentinel's replies give role = sentinel and mode = "sentinel", a cluster node's mode = "cluster".
Result<NodeView> parse_node_view(const std::vector<Value>& replies);

// "key:value" lines of INFO, sections and blank lines skipped; keys in order of appearance are not kept. A repeated key keeps the first.
std::map<std::string, std::string, std::less<>> parse_info(std::string_view text);

}  // namespace redisctl::redis
