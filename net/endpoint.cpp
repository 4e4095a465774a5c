#include "net/endpoint.h"

#include "base/text.h"

#include <fmt/format.h>

namespace redisctl::net {

Result<HostPort> parse_host_port(std::string_view text, uint16_t default_port) {
    auto bad = [&](std::string_view why) {
        return fail(ErrorCode::usage, fmt::format("'{}' is no address", printable(text)), std::string(why),
                    "write it as HOST:PORT, 10.1.2.3:6379 or [::1]:6379");
    };
    std::string_view host = text, port;
    bool has_port = false;
    if (text.starts_with('[')) {
        size_t close = text.find(']');
        if (close == std::string_view::npos) return bad("the ']' is missing");
        host = text.substr(1, close - 1);
        std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest[0] != ':') return bad("only a port may follow ']'");
        if (host.find(':') == std::string_view::npos) return bad("only an IPv6 address stands in brackets");
        has_port = !rest.empty();
        if (has_port) port = rest.substr(1);
    } else if (size_t colon = text.find(':');
               colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        has_port = true;
    }
    if (host.empty()) return bad("the host is empty");
    bool ipv6 = host.find(':') != std::string_view::npos;
    for (char c : host) {
        bool name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                    c == '-' || c == '_';
        if (!name && !(ipv6 && (c == ':' || c == '%'))) return bad("a host is a name or an IP address");
    }
    uint16_t number = default_port;
    if (has_port) {
        auto parsed = parse_port(port);
        if (!parsed) return bad("a port is a number from 1 to 65535");
        number = *parsed;
    }
    if (number == 0) return bad("the port is missing");
    return HostPort{std::string(host), number};
}

std::string to_string(const HostPort& address) {
    bool ipv6 = address.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", ipv6 ? "[" : "", address.host, ipv6 ? "]" : "", address.port);
}

}  // namespace redisctl::net
