#include "clients/haproxy_match.h"

#include "base/text.h"

#include <algorithm>

namespace redisctl::clients {

namespace {

constexpr uint16_t kRedisPort = 6379, kSentinelPort = 26379;

// One spelling for each host: lower case, no final dot, nothing behind ".svc", one loopback.
std::string plain(std::string_view host) {
    std::string text = lower(host);
    if (!text.empty() && text.back() == '.') text.pop_back();
    if (const size_t at = text.find(".svc"); at != std::string::npos && (at + 4 == text.size() || text[at + 4] == '.'))
        text.resize(at);
    return text == "localhost" || text == "::1" || text.starts_with("127.") ? "127.0.0.1" : text;
}

bool same(const net::HostPort& known, const HaproxyServer& server, const std::string& ns) {
    if (server.port && *server.port != known.port) return false;
    const std::string a = plain(known.host), b = plain(server.host);
    // "redis-0.redis-headless" is asked for in HAProxy's own namespace.
    return a == b || (!ns.empty() && a == b + "." + ns);
}

bool speaks_redis(const HaproxyBackend& backend) {
    if (backend.redis_check != 0) return true;
    return std::any_of(backend.steps.begin(), backend.steps.end(), [](const HaproxyStep& step) {
        const std::string text = lower(step.text);
        return text.find("role:master") != std::string::npos || text.find("role:slave") != std::string::npos ||
               text.find("info replication") != std::string::npos || text.find("+pong") != std::string::npos;
    });
}

}  // namespace

bool leads_to_redis(const HaproxyBackend& backend, const std::optional<Upstream>& upstream) {
    if (backend.servers.empty()) return false;
    const bool sentinels = std::all_of(backend.servers.begin(), backend.servers.end(),
                                       [](const HaproxyServer& server) { return server.port == kSentinelPort; });
    if (sentinels) return false;
    if (speaks_redis(backend)) return true;
    return std::any_of(backend.servers.begin(), backend.servers.end(), [&](const HaproxyServer& server) {
        if (server.port == kRedisPort) return true;
        return upstream && !node_of(server, *upstream).empty();
    });
}

std::string node_of(const HaproxyServer& server, const Upstream& upstream) {
    for (const UpstreamNode& node : upstream.nodes) {
        const bool is = same(node.address, server, upstream.ns) ||
                        std::any_of(node.also.begin(), node.also.end(),
                                    [&](const net::HostPort& address) { return same(address, server, upstream.ns); });
        if (is) return node.name;
    }
    return {};
}

bool is_dns_name(std::string_view host) {
    if (host.empty() || host == "localhost" || host.find_first_of("/$@:") != std::string_view::npos) return false;
    return host.find_first_not_of("0123456789.") != std::string_view::npos;
}

std::string address_text(const HaproxyServer& server) {
    return server.port ? net::to_string({server.host, *server.port}) : server.host;
}

}  // namespace redisctl::clients
