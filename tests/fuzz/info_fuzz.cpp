// The replies of a node → its view.
#include "redis/node_view.h"

#include <cstdint>
#include <string_view>
#include <vector>

using namespace redisctl::redis;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (void)parse_info(bytes);

    // The same text as each section of INFO, with a ROLE that is there and one that is missing.
    Value text{Value::Type::string, std::string(bytes), 0, {}}, denied{Value::Type::error, "NOPERM", 0, {}};
    (void)parse_node_view({text, text, text, denied});

    // Or the bytes as they come over the wire.
    Decoder decoder;
    decoder.feed(bytes);
    std::vector<Value> replies;
    for (;;) {
        auto reply = decoder.next();
        if (!reply || !*reply) break;
        replies.push_back(std::move(**reply));
    }
    (void)parse_node_view(replies);
    return 0;
}
