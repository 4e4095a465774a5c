// Instances as clients see them, for the tests of clients/.
#pragma once

#include "clients/upstream.h"

#include <string>

namespace redisctl::testing {

// redis-0 … of a StatefulSet with a headless Service; redis-0 is the master.
inline clients::Upstream pods(size_t count) {
    clients::Upstream out;
    out.name = "redis";
    out.ns = "shop";
    out.master = "redis-0";
    for (size_t i = 0; i < count; i++) {
        clients::UpstreamNode node;
        node.name = "redis-" + std::to_string(i);
        node.address = {node.name + ".redis-headless.shop.svc", 6379};
        node.also = {{"10.1.2." + std::to_string(i), 6379}};
        node.tls_name = node.address.host;
        node.role = i == 0 ? redis::Role::master : redis::Role::replica;
        out.nodes.push_back(node);
    }
    return out;
}

inline void set_password(clients::Upstream& upstream, const std::string& password, const std::string& user = {}) {
    upstream.redis = {redis::Login{user, Secret(password), true}, true,
                      "Secret redis:redis-password (env REDIS_PASSWORD)"};
}

}  // namespace redisctl::testing
