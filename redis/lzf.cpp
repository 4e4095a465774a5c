#include "redis/lzf.h"

#include <cstdint>

namespace redisctl::redis {

namespace {

constexpr size_t best_ratio = 264 / 2;  // three bytes make 264 at most, and the first literal costs one more

}  // namespace

std::optional<std::string> lzf_decompress(std::string_view bytes, size_t size) {
    if (size / best_ratio > bytes.size()) return std::nullopt;  // before any memory is taken for it
    std::string text;
    text.reserve(size);
    size_t at = 0;
    const auto next = [&] { return static_cast<uint8_t>(bytes[at++]); };
    while (at < bytes.size()) {
        const size_t control = next();
        if (control < 32) {  // so many bytes and one as they are
            if (bytes.size() - at < control + 1) return std::nullopt;
            text.append(bytes.substr(at, control + 1));
            at += control + 1;
        } else {  // a piece of what was there before
            size_t length = control >> 5;
            if (length == 7) {
                if (at == bytes.size()) return std::nullopt;
                length += next();
            }
            if (at == bytes.size()) return std::nullopt;
            const size_t back = ((control & 0x1f) << 8 | next()) + 1;
            if (back > text.size()) return std::nullopt;
            for (length += 2; length > 0; length--) text += text[text.size() - back];
        }
        if (text.size() > size) return std::nullopt;
    }
    return text.size() == size ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace redisctl::redis
