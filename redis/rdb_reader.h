// An RDB as it comes: its keys counted, its checksum checked, nothing of it kept. Values are walked over by their
// lengths; what is compressed stays so. Formats 1 to 12: Redis up to 8.x, Valkey up to 8.x (src/rdb.h, rdb.c).
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <memory>
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

class RdbReader {
  public:
    RdbReader();
    ~RdbReader();
    RdbReader(RdbReader&&) noexcept;

    // The next bytes. Errors: protocol: this is no RDB, or it is broken, and where.
    Result<void> feed(std::string_view bytes);
    // No more come. Errors: protocol: it ends in the middle, or its checksum is wrong.
    Result<RdbFacts> finish();

    uint64_t keys() const;  // so far

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace redisctl::redis
