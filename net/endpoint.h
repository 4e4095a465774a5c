// Where bytes go: host, port and what TLS to speak, as values.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::net {

struct TlsOptions {
    std::string ca_pem;    // empty: the system's CAs
    std::string cert_pem;  // client certificate chain; empty: none
    Secret key_pem;
    std::string server_name;  // SNI and the name that is verified; empty: the host
    bool insecure = false;    // verify nothing
};

struct HostPort {
    std::string host;  // name, IPv4, or IPv6 without brackets
    uint16_t port = 0;
    bool operator==(const HostPort&) const = default;
};

// "redis-0:6379", "10.1.2.3" (with a default port), "[::1]:6379", "::1". Errors: usage.
Result<HostPort> parse_host_port(std::string_view text, uint16_t default_port);
// "10.1.2.3:6379", "[::1]:6379"
std::string to_string(const HostPort& address);

}  // namespace redisctl::net
