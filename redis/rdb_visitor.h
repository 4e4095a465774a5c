// Who hears what stands in an RDB while it is read: each key, and its value as it lies there. Behind its type that is
// byte for byte what DUMP of the same server says, but for DUMP's footer (redis src/cluster.c createDumpPayload).
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::redis {

struct RdbKey {
    uint64_t database = 0;
    std::string name;
    uint8_t type = 0;                      // of its value: the first byte of a DUMP
    std::optional<int64_t> expires_at_ms;  // since the epoch; nullopt: never
    // What its server knew of its use, where it evicts by that.
    std::optional<uint64_t> idle_seconds;
    std::optional<uint8_t> frequency;
};

// An error of any of these ends the reading, and is what the reader says.
class RdbVisitor {
  public:
    virtual ~RdbVisitor() = default;
    virtual Result<void> key(const RdbKey& key) = 0;
    virtual Result<void> value(std::string_view bytes) = 0;  // of the last key, behind its type; piece by piece
    virtual Result<void> value_ends() = 0;
    virtual Result<void> function(std::string_view code) = 0;  // of a library
};

}  // namespace redisctl::redis
