#include "net/endpoint.h"

#include <doctest/doctest.h>

using namespace redisctl;
using net::HostPort;

TEST_CASE("an address is a host with a port, IPv6 in brackets when a port follows") {
    struct {
        const char* text;
        HostPort expected;
        const char* written;
    } cases[] = {{"redis-0:6379", {"redis-0", 6379}, "redis-0:6379"},
                 {"10.1.2.3", {"10.1.2.3", 6379}, "10.1.2.3:6379"},
                 {"[::1]:7000", {"::1", 7000}, "[::1]:7000"},
                 {"::1", {"::1", 6379}, "[::1]:6379"},
                 {"[fe80::1%eth0]", {"fe80::1%eth0", 6379}, "[fe80::1%eth0]:6379"},
                 {"a_b.example.com:1", {"a_b.example.com", 1}, "a_b.example.com:1"}};
    for (const auto& c : cases) {
        CAPTURE(c.text);
        auto parsed = net::parse_host_port(c.text, 6379);
        REQUIRE(parsed);
        CHECK(*parsed == c.expected);
        CHECK(net::to_string(*parsed) == c.written);
    }
}

TEST_CASE("what is no address is a usage error with the reason") {
    struct {
        const char *text, *cause;
    } cases[] = {{"", "the host is empty"},
                 {":6379", "the host is empty"},
                 {"[]:6379", "only an IPv6 address stands in brackets"},
                 {"redis:", "a port is a number from 1 to 65535"},
                 {"redis:0", "a port is a number from 1 to 65535"},
                 {"redis:65536", "a port is a number from 1 to 65535"},
                 {"redis:abc", "a port is a number from 1 to 65535"},
                 {"[::1", "the ']' is missing"},
                 {"[::1]x", "only a port may follow ']'"},
                 {"redis 0:1", "a host is a name or an IP address"},
                 {"redis://h", "a port is a number from 1 to 65535"},
                 {"a\x1b", "a host is a name or an IP address"}};
    for (const auto& c : cases) {
        CAPTURE(c.text);
        auto parsed = net::parse_host_port(c.text, 6379);
        REQUIRE(!parsed);
        CHECK(parsed.error().code == ErrorCode::usage);
        CHECK(parsed.error().cause == c.cause);
        CHECK(parsed.error().hint == "write it as HOST:PORT, 10.1.2.3:6379 or [::1]:6379");
    }
    CHECK(net::parse_host_port("redis", 0).error().cause == "the port is missing");
    CHECK(net::parse_host_port("a\x1b", 1).error().message == "'a\\x1b' is no address");
}
