// Which format of RDB a server writes, and whether another one can load it: a replica that syncs in full and a server
// that is started again both have to. Source: RDB_VERSION in src/rdb.h of the releases.
#pragma once

#include <optional>
#include <string_view>

namespace redisctl::redis {

struct Release {
    std::string_view server;   // redis | valkey
    std::string_view version;  // "7.0.15"
};

// nullopt: not known of this release.
std::optional<int> rdb_version_of(const Release& release);

// nullopt when it is not known of one of them, save for two of the same minor version, who can.
std::optional<bool> can_load(const Release& reader, const Release& writer);

}  // namespace redisctl::redis
