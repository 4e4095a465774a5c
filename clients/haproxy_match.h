// Which backends of a haproxy.cfg are about Redis, and which node a server is. Pure.
#pragma once

#include "clients/haproxy_backends.h"
#include "clients/upstream.h"

#include <optional>
#include <string>
#include <string_view>

namespace redisctl::clients {

// A server has the address of a node, or the port 6379; or its check speaks Redis. One of Sentinels alone is none.
bool leads_to_redis(const HaproxyBackend& backend, const std::optional<Upstream>& upstream);

// The name of the node that has the server's address; empty when none has.
std::string node_of(const HaproxyServer& server, const Upstream& upstream);

// A name that DNS resolves: no IP, no path, no ${VARIABLE}, not localhost.
bool is_dns_name(std::string_view host);

// "10.0.0.1:6379"
std::string address_text(const HaproxyServer& server);

}  // namespace redisctl::clients
