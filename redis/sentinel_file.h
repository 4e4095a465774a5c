// What a Sentinel tells of its settings, as a sentinel.conf that another one starts with. Pure.
#pragma once

#include "base/result.h"
#include "redis/config_file.h"
#include "redis/info_fields.h"
#include "redis/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::redis {

struct SentinelSettings {
    std::optional<int64_t> port;
    InfoFields own;                   // SENTINEL CONFIG GET *; empty where it is not known (before 6.2)
    bool knows_own = false;           // it is known
    std::vector<InfoFields> masters;  // SENTINEL MASTERS: one each
    std::vector<std::string> users;   // ACL LIST
    // Why these two are not in it; none where it does not know them at all.
    std::optional<Error> without_own, without_users;
};

// Of the replies to SENTINEL MASTERS, SENTINEL CONFIG GET * and ACL LIST. Errors, of the first: what the Sentinel says;
// protocol.
Result<SentinelSettings> read_sentinel_settings(const Value& masters, const Value& own, const Value& users);

// One directive a line: what it is, then what it watches. What it found out by itself (replicas, other Sentinels,
// epochs, its id) is left out: another one finds it too, and two of one id do not see each other.
std::string sentinel_file(const SentinelSettings& settings, Passwords passwords);

// Directives that no Sentinel tells, of which nobody knows from here whether they are set.
std::vector<std::string> not_told(const SentinelSettings& settings);

}  // namespace redisctl::redis
