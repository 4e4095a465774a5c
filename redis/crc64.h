// The checksum of an RDB: CRC-64/Jones, reflected, from 0 on (redis src/crc64.c).
#pragma once

#include <cstdint>
#include <string_view>

namespace redisctl::redis {

// Of all bytes before, which it is 0 for none of, and these.
uint64_t crc64(uint64_t before, std::string_view bytes);

}  // namespace redisctl::redis
