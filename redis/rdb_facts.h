// What is known of an RDB when it was read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace redisctl::redis {

struct RdbDatabase {
    uint64_t keys = 0;
    uint64_t expiring = 0;  // of them, those with a time to live; also those whose time has come
    bool operator==(const RdbDatabase&) const = default;
};

enum class RdbChecksum {
    good,
    absent,  // the server writes none (rdbchecksum no): nothing says that the bytes are right
};
std::string_view checksum_name(RdbChecksum checksum);  // "good", "absent"

struct RdbFacts {
    int version = 0;
    std::map<std::string, std::string>
        notes;  // redis-ver, ctime, used-mem, repl-id, repl-offset … as the server wrote them
    std::map<uint64_t, RdbDatabase> databases;
    uint64_t functions = 0;  // libraries of them
    // Why keys were counted only up to some point, or not at all: a kind of value that is not known here. Empty: all
    // were. The checksum covers the whole all the same.
    std::string not_counted;
    RdbChecksum checksum = RdbChecksum::absent;  // known at the end

    uint64_t keys() const;
    bool operator==(const RdbFacts&) const = default;
};

}  // namespace redisctl::redis
