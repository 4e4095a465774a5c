// haproxy.cfg → its backends, judged alone and beside an instance.
#include "clients/haproxy_check.h"

#include <cstdint>
#include <string_view>

using namespace redisctl;
using namespace redisctl::clients;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Upstream upstream = [] {
        Upstream made;
        made.name = "redis";
        made.ns = "default";
        for (const char* pod : {"redis-0", "redis-1"}) {
            UpstreamNode node;
            node.name = pod;
            node.address = {std::string(pod) + ".redis-headless.default.svc", 6379};
            node.also = {{"10.0.0.1", 6379}};
            made.nodes.push_back(node);
        }
        made.redis.login = redis::Login{"", Secret("secret"), true};
        made.tls = true;
        return made;
    }();
    auto sections = parse_haproxy({reinterpret_cast<const char*>(data), size});
    if (!sections) return 0;
    const auto backends = haproxy_backends(*sections);
    (void)check_haproxy(backends, std::nullopt);
    (void)check_haproxy(backends, upstream);
    return 0;
}
