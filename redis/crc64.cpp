#include "redis/crc64.h"

#include <array>
#include <cstddef>

namespace redisctl::redis {

namespace {

using Table = std::array<std::array<uint64_t, 256>, 8>;

// Eight bytes a step: table k is what a byte does that k more follow.
constexpr Table make_table() {
    constexpr uint64_t reflected_polynomial = 0x95ac9329ac4bc9b5;
    Table table{};
    for (uint64_t byte = 0; byte < 256; byte++) {
        uint64_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ reflected_polynomial : crc >> 1;
        table[0][byte] = crc;
    }
    for (size_t k = 1; k < 8; k++)
        for (size_t byte = 0; byte < 256; byte++)
            table[k][byte] = table[0][table[k - 1][byte] & 0xff] ^ table[k - 1][byte] >> 8;
    return table;
}

const Table table = make_table();

}  // namespace

uint64_t crc64(uint64_t crc, std::string_view bytes) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        for (size_t i = 0; i < 8; i++) crc ^= static_cast<uint64_t>(at[i]) << (8 * i);
        uint64_t next = 0;
        for (size_t i = 0; i < 8; i++) next ^= table[7 - i][crc >> (8 * i) & 0xff];
        crc = next;
    }
    for (; left > 0; left--, at++) crc = table[0][(crc ^ *at) & 0xff] ^ crc >> 8;
    return crc;
}

}  // namespace redisctl::redis
