// What one Sentinel remembers of one master: the replicas and the other Sentinels, and whether it could fail over.
// Pure. Fields: redis src/sentinel.c addReplySentinelRedisInstance; 5.0 to 8.2 and valkey 8 have those that are read
// here.
#pragma once

#include "base/result.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::redis {

// A replica or another Sentinel, as it is remembered.
struct Remembered {
    std::string host;
    std::optional<int64_t> port;
    std::string id;     // of a replica its run id, of a Sentinel what SENTINEL MYID says there; empty: not heard yet
    std::string flags;  // slave,s_down,disconnected …
    std::optional<int64_t> silent_ms;  // since its last good answer to PING; never any: since it was added
    std::optional<int64_t> hello_ms;   // Sentinels: since it last said hello on a channel of the master
    // Replicas.
    std::optional<bool> link_up = {};
    std::optional<int64_t> link_down_ms = {};
    std::optional<int64_t> priority = {};     // 0 is never promoted
    std::optional<int64_t> offset = {};       // applied
    std::optional<int64_t> info_age_ms = {};  // since it last answered INFO: all that it says there is as old
    std::string reported_role = {};           // what its process said it is: "slave", "master"
};

struct SentinelMemory {
    std::string my_id;  // empty before 6.2, which cannot say it
    std::vector<Remembered> replicas, sentinels;
    std::optional<bool> quorum_ok;  // SENTINEL CKQUORUM
    std::string quorum_words;       // what it said
};

// Requests for one round trip and the parser of their replies; `master` is the name in the Sentinel.
std::vector<Request> sentinel_memory_requests(const std::string& master);
Result<SentinelMemory> parse_sentinel_memory(const std::vector<Value>& replies);

// The reply to SENTINEL REPLICAS alone, or to SENTINEL SLAVES, the word that every version knows. Errors: what the
// server says, protocol.
Result<std::vector<Remembered>> parse_sentinel_replicas(const Value& reply);

}  // namespace redisctl::redis
