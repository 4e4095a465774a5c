#include "net/websocket.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The server's side of a port-forward: the head of its answer, then frames in two pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace redisctl;
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (auto head = net::parse_http_head(bytes); head && *head) bytes.remove_prefix((*head)->size);
    net::WebSocket socket;
    const size_t half = bytes.size() / 2;
    std::string out;
    for (const std::string_view piece : {bytes.substr(0, half), bytes.substr(half)}) {
        if (!socket.feed(piece)) return 0;
        while (socket.receive()) {
        }
        if (!socket.flush(out)) return 0;
    }
    return 0;
}
