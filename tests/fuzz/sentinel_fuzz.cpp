// The replies of a Sentinel, as they come over the wire → its view, what it remembers, and its events.
#include "redis/sentinel_event.h"
#include "redis/sentinel_memory.h"
#include "redis/sentinel_view.h"

#include <cstdint>
#include <string_view>
#include <vector>

using namespace redisctl::redis;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Decoder decoder;
    decoder.feed({reinterpret_cast<const char*>(data), size});
    std::vector<Value> replies;
    for (;;) {
        auto reply = decoder.next();
        if (!reply || !*reply) break;
        replies.push_back(std::move(**reply));
    }
    (void)parse_sentinel_view(replies);
    (void)parse_sentinel_memory(replies);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)read_sentinel_event(text.substr(0, text.find(' ')), text.substr(std::min(text.find(' '), size - 1) + 1))
        .concerns_roles();
    return 0;
}
