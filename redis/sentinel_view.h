// What one Sentinel says: its masters, and for each the replicas and the other Sentinels it knows. Pure.
// Fields: redis src/sentinel.c addReplySentinelRedisInstance; RESP2 replies are flat name/value lists.
#pragma once

#include "base/result.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis {

struct SentinelMaster {
    std::string name;  // "mymaster"
    std::string host;
    std::optional<int64_t> port;
    std::string flags;  // master,s_down,o_down,failover_in_progress …
    std::optional<int64_t> config_epoch;
    std::optional<int64_t> known_replicas;   // num-slaves
    std::optional<int64_t> known_sentinels;  // num-other-sentinels: the others
    std::optional<int64_t> quorum;
    std::optional<int64_t> down_after_ms, failover_timeout_ms, parallel_syncs;
    std::vector<std::string> scripts = {};  // which are set: notification-script, client-reconfig-script
    // Since it calls it down by itself, and since most agree; absent while it does not. Since it last answered a PING.
    std::optional<int64_t> s_down_ms = {}, o_down_ms = {}, ping_age_ms = {};
    // What the process itself says it is ("master", "slave"), and for how long: a demoted one is held for down in time.
    std::string reported_role = {};
    std::optional<int64_t> reported_role_ms = {};
};

// Is this one of the words of a list of flags? "s_down" is one of "master,s_down"
bool has_flag(std::string_view flags, std::string_view flag);

struct SentinelView {
    std::string version, server = "redis", run_id;
    std::optional<int64_t> tcp_port;
    std::optional<bool> tilt;
    std::vector<SentinelMaster> masters;
};

// Requests for one round trip and the parser of their replies.
std::vector<Request> sentinel_view_requests();
Result<SentinelView> parse_sentinel_view(const std::vector<Value>& replies);

// The reply to SENTINEL MASTER NAME. Errors: what the server says, protocol.
Result<SentinelMaster> parse_sentinel_master(const Value& reply);

}  // namespace redisctl::redis
