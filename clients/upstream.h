// One instance as those see it who stand before it: where each node is reached by others, what a login and TLS need.
// Plain values; HAProxy's file, its judgement and the clients' settings are made of it.
#pragma once

#include "net/endpoint.h"
#include "redis/connection.h"
#include "redis/node_view.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::clients {

struct UpstreamNode {
    std::string name;
    // "<pod>.<service>.<namespace>.svc" where the pod has such a name and a Service stands behind it, which other
    // namespaces' pods can ask for too; else the pod's IP, or the host as it was given.
    net::HostPort address;
    bool stays = true;                // the address is the same after the pod was made anew
    std::vector<net::HostPort> also;  // others by which it may be written down: IP, DNS name, announced ones
    redis::Role role = redis::Role::unknown;
    bool tls = false;
    std::string tls_name;  // to verify in its certificate; empty: the host
};

struct UpstreamService {
    std::string host;  // "<service>.<namespace>.svc"
    uint16_t port = 0;
    bool leads_there = false;  // now, to the role that it is for
    std::string name;
};

struct Credential {
    std::optional<redis::Login> login;  // nullopt: none is used
    bool read = true;                   // false: there is a password, but what it is was not read
    std::string source;                 // "Secret redis:redis-password (env …)", "flag", "REDISCLI_AUTH"
};

struct Upstream {
    std::string name, ns;  // ns is empty without Kubernetes
    std::vector<UpstreamNode> nodes, sentinels;
    Credential redis, sentinel;
    bool passwords_differ = false;  // between the nodes; `redis` is the first one's
    bool tls = false;               // any of the nodes speaks TLS
    bool client_certificate = false;
    bool insecure = false;  // --insecure: the certificate is not verified
    bool sentinel_tls = false;
    int64_t known_sentinels = 0;         // as the Sentinels count themselves
    bool sentinels_miss_master = false;  // a Sentinel says s_down of a master that answers us
    std::string master;                  // a node's name; empty when it is unknown
    std::string master_name;             // what the Sentinels call it; empty without Sentinels
    std::optional<UpstreamService> master_service, replica_service, sentinel_service;

    bool in_kubernetes() const { return !ns.empty(); }
    std::string full_name() const { return ns.empty() ? name : ns + "/" + name; }
};

}  // namespace redisctl::clients
