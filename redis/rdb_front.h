// The pieces that an RDB is made of, taken from the front of bytes that may end anywhere. Included by rdb_walk.cpp
// only. Source: redis src/rdb.c rdbLoadLenByRef, rdbGenericLoadStringObject.
#pragma once

#include "redis/lzf.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::redis::rdb {

inline uint64_t big_endian(std::string_view bytes) {
    uint64_t number = 0;
    for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

inline uint64_t little_endian(std::string_view bytes) {
    uint64_t number = 0;
    for (size_t i = bytes.size(); i > 0; i--) number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return number;
}

// What was asked for is not all there yet. No state was changed: the same is tried again with more.
struct Short {};

// Takes from the front; each throws Short when too little is there.
class Front {
  public:
    explicit Front(std::string_view bytes) : bytes_(bytes) {}

    size_t left() const { return bytes_.size(); }
    std::string_view take(size_t n) {
        if (bytes_.size() < n) throw Short{};
        const std::string_view taken = bytes_.substr(0, n);
        bytes_.remove_prefix(n);
        return taken;
    }
    uint8_t byte() { return static_cast<uint8_t>(take(1).front()); }

    struct Length {
        uint64_t value = 0;
        bool coded = false;  // then value says how a string is coded
    };
    std::optional<Length> length() {
        const uint8_t first = byte();
        switch (first >> 6) {
            case 0:
                return Length{first & 0x3fu};
            case 1:
                return Length{(first & 0x3fu) << 8 | byte()};
            case 3:
                return Length{first & 0x3fu, true};
            default:
                if (first == 0x80) return Length{big_endian(take(4))};
                if (first == 0x81) return Length{big_endian(take(8))};
                return std::nullopt;
        }
    }

    // How many bytes of a string follow its head; nullopt: no such coding.
    std::optional<uint64_t> string_head() {
        const std::optional<Length> head = length();
        if (!head) return std::nullopt;
        if (!head->coded) return head->value;
        if (head->value <= 2) return uint64_t{1} << head->value;  // integers of 1, 2, 4 bytes
        if (head->value != 3) return std::nullopt;
        const std::optional<Length> compressed = length();  // LZF: its own length, then that of the text
        const std::optional<Length> plain = length();
        if (!compressed || !plain || compressed->coded || plain->coded) return std::nullopt;
        return compressed->value;
    }

    // The whole of a string; nullopt: no such coding, or it is broken.
    std::optional<std::string> string() {
        const std::optional<Length> head = length();
        if (!head) return std::nullopt;
        if (!head->coded) return std::string(take(head->value));
        if (head->value <= 2) return std::to_string(number(size_t{1} << head->value));
        if (head->value != 3) return std::nullopt;
        const std::optional<Length> compressed = length();
        const std::optional<Length> plain = length();
        if (!compressed || !plain || compressed->coded || plain->coded) return std::nullopt;
        return lzf_decompress(take(compressed->value), plain->value);
    }

  private:
    int64_t number(size_t size) {
        const uint64_t bits = little_endian(take(size));
        return size == 1   ? static_cast<int8_t>(bits)
               : size == 2 ? static_cast<int16_t>(bits)
                           : static_cast<int32_t>(bits);
    }

    std::string_view bytes_;
};

}  // namespace redisctl::redis::rdb
