#include "redis/dump_payload.h"

#include "redis/crc64.h"

namespace redisctl::redis {

namespace {

constexpr uint8_t no_type = 0xf0;  // far from all types, and no opcode

std::string little_endian(uint64_t number, size_t size) {
    std::string bytes;
    for (size_t i = 0; i < size; i++) bytes += static_cast<char>(number >> (8 * i));
    return bytes;
}

}  // namespace

void DumpPayload::add(std::string_view bytes) {
    crc_ = crc64(crc_, bytes);
}

std::string DumpPayload::footer(int rdb_version) const {
    const std::string version = little_endian(static_cast<uint64_t>(rdb_version), 2);
    return version + little_endian(crc64(crc_, version), 8);
}

std::string hollow_payload(int rdb_version) {
    const DumpPayload payload(no_type);
    return static_cast<char>(no_type) + payload.footer(rdb_version);
}

}  // namespace redisctl::redis
