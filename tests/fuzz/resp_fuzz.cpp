// Bytes of a peer → replies, in two ways of cutting them: the replies must be the same, and what was built must stay within the caps.
#include "redis/codec.h"
#include "redis/reply_error.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace redisctl;
using namespace redisctl::redis;

namespace {

struct Seen {
    size_t replies = 0, values = 0, bytes = 0;
    bool failed = false;
    bool operator==(const Seen&) const = default;
};

void count(const Value& value, Seen& seen, size_t depth) {
    if (depth > Decoder::max_depth + 1) std::abort();
    ++seen.values;
    seen.bytes += value.text.size();
    if (value.is_error()) (void)reply_error(value, "INFO");
    for (const auto& element : value.elements) count(element, seen, depth + 1);
}

Seen decode(std::string_view bytes, size_t piece) {
    Decoder decoder;
    Seen seen;
    for (size_t at = 0; at < bytes.size() && !seen.failed; at += piece) {
        decoder.feed(bytes.substr(at, piece));
        for (;;) {
            auto reply = decoder.next();
            seen.failed = !reply;
            if (!reply || !*reply) break;
            ++seen.replies;
            count(**reply, seen, 1);
        }
    }
    if (seen.bytes > bytes.size() || seen.values > bytes.size()) std::abort();
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (decode(bytes, std::max<size_t>(size, 1)) != decode(bytes, 3)) std::abort();
    return 0;
}
