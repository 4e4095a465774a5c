// What RESTORE takes and DUMP gives: the type of a value, the value as it lies in an RDB, and a footer (redis
// src/cluster.c createDumpPayload, verifyDumpPayload).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::redis {

// Made piece by piece, as the value comes: what footer() says is of all that was added.
class DumpPayload {
  public:
    static constexpr size_t footer_size = 2 + 8;

    explicit DumpPayload(uint8_t type) { add(std::string_view(reinterpret_cast<const char*>(&type), 1)); }
    void add(std::string_view bytes);
    // The version of the RDB, and the checksum.
    std::string footer(int rdb_version) const;

  private:
    uint64_t crc_ = 0;
};

// One whose footer is right and whose value is none: a server that would restore the footer's version answers "Bad data
// format" and changes nothing.
std::string hollow_payload(int rdb_version);

}  // namespace redisctl::redis
