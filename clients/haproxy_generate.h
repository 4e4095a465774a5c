// The haproxy.cfg for an instance: one port whose only living server is the master, one for the linked replicas.
// For HAProxy 2.6 (Debian 12's) and newer. The facts about its checks: docs/measurements.md.
#pragma once

#include "base/finding.h"
#include "base/time.h"
#include "clients/upstream.h"

#include <cstdint>
#include <string>
#include <vector>

namespace redisctl::clients {

struct HaproxyWish {
    uint16_t write_port = 6379, read_port = 6380;
    std::string bind = "*";
    Millis interval{100};                          // between two checks of a server
    std::string cluster_domain = "cluster.local";  // HAProxy asks DNS for whole names only
    std::string password_variable = "REDIS_PASSWORD";
    bool with_secrets = false;
    std::string certificates = "/etc/haproxy/redis";  // folder with ca.crt, client.pem, server.pem
    bool bind_tls = false;                            // clients speak TLS to HAProxy, with server.pem
};

struct HaproxyFile {
    std::string text;
    std::vector<Finding> findings;  // what its reader has to know, beside the comments in it
};

// The password stands in the text only with_secrets. Needs at least one node.
HaproxyFile generate_haproxy(const Upstream& upstream, const HaproxyWish& wish);

// The node's name as HAProxy takes it for a server: others than letters, digits, '.', ':', '-' become '_'.
std::string haproxy_server_name(std::string_view node);

}  // namespace redisctl::clients
