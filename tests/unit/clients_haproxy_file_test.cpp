#include "clients/haproxy_backends.h"
#include "clients/haproxy_file.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::clients;
using Words = std::vector<std::string>;

namespace {

Words words_of(const std::string& line) {
    auto sections = parse_haproxy("global\n" + line + "\n");
    REQUIRE(sections);
    return sections->front().lines.empty() ? Words{} : sections->front().lines.front().words;
}

HaproxyBackend only(const std::string& text) {
    auto sections = parse_haproxy(text);
    REQUIRE(sections);
    auto backends = haproxy_backends(*sections);
    REQUIRE(backends.size() == 1);
    return backends.front();
}

}  // namespace

TEST_CASE("Words are cut as HAProxy cuts them") {
    CHECK(words_of("  a\tb  c") == Words{"a", "b", "c"});
    CHECK(words_of("a # b") == Words{"a"});
    CHECK(words_of("# a") == Words{});
    CHECK(words_of("a \"b c\" 'd # e' f\\ g") == Words{"a", "b c", "d # e", "f g"});
    CHECK(words_of("\"AUTH \\\"$x\\\"\\r\\n\"") == Words{"AUTH \"$x\"\r\n"});
    CHECK(words_of("'a\\r' \\x41\\x4g") == Words{"a\\r", "Ax4g"});
    CHECK(words_of("\"\" ''a") == Words{"", "a"});
    CHECK(words_of("\"never closed") == Words{"never closed"});
    CHECK(words_of("a\\") == Words{"a\\"});
    CHECK(words_of(".if defined(X)") == Words{});
}

TEST_CASE("Sections have names, defaults and the numbers of their lines") {
    auto sections = parse_haproxy(
        "stray\n\ndefaults tcp from base\n  mode tcp\r\nbackend redis from tcp\n\n  server a 10.0.0.1:1\n");
    REQUIRE(sections);
    REQUIRE(sections->size() == 2);
    CHECK((*sections)[0].name == "tcp");
    CHECK((*sections)[0].from == "base");
    CHECK((*sections)[0].lines.at(0).words == Words{"mode", "tcp"});
    CHECK((*sections)[1].number == 5);
    CHECK((*sections)[1].from == "tcp");
    CHECK((*sections)[1].lines.at(0).number == 7);
}

TEST_CASE("What is no haproxy.cfg is refused") {
    CHECK(parse_haproxy("").error().message == "the file is no haproxy.cfg");
    CHECK(parse_haproxy(std::string("backend a\n") + std::string(1 << 20, ' ')).error().cause == "over 1 MiB");
}

TEST_CASE("Times have units, and none is milliseconds") {
    CHECK(parse_haproxy_time("500") == Millis(500));
    CHECK(parse_haproxy_time("1500us") == Millis(2));
    CHECK(parse_haproxy_time("2s") == Millis(2000));
    CHECK(parse_haproxy_time("1d") == std::chrono::hours(24));
    CHECK(!parse_haproxy_time("1w"));
    CHECK(!parse_haproxy_time("s"));
    CHECK(!parse_haproxy_time("99999999999s"));
}

TEST_CASE("A server has what default-server said before it, and HAProxy's own defaults") {
    const auto backend = only(
        "backend redis\n server a 10.0.0.1:6379\n default-server check inter 100ms fall 1 on-marked-down "
        "shutdown-sessions\n"
        " default-server rise 1 fastinter 50\n server b [::1]:6379 no-check resolvers dns init-addr last,none\n"
        " server c ipv4@redis-0:6379 backup ssl\n server d /run/redis.sock\n");
    const auto& servers = backend.servers;
    REQUIRE(servers.size() == 4);
    CHECK(!servers[0].check);
    CHECK(servers[0].until_down() == Millis(6000));
    CHECK(servers[0].until_up() == Millis(4000));
    CHECK(servers[1].host == "::1");
    CHECK(servers[1].port == 6379);
    CHECK(!servers[1].check);
    CHECK(servers[1].resolvers == "dns");
    CHECK(servers[1].init_addr == "last,none");
    CHECK(servers[1].until_down() == Millis(100));
    CHECK(servers[2].host == "redis-0");
    CHECK(servers[2].check);
    CHECK(servers[2].shutdown_sessions);
    CHECK(servers[2].ssl);
    CHECK(servers[3].host == "/run/redis.sock");
    CHECK(!servers[3].port);
}

TEST_CASE("A section takes over its defaults, and its own rules of the check replace theirs") {
    const std::string defaults =
        "defaults\n mode http\n timeout client 1m\n"
        "defaults redis\n mode tcp\n option tcp-check\n tcp-check send PING\\r\\n\n tcp-check expect string +PONG\n";
    CHECK(only(defaults + "backend a\n").steps.size() == 2);
    auto own = only(defaults + "backend a from redis\n tcp-check expect ! string role:slave\n");
    REQUIRE(own.steps.size() == 1);
    CHECK(own.steps[0].negated);
    CHECK(own.steps[0].text == "role:slave");
    CHECK(own.tcp_check == 6);
    CHECK(!own.client_timeout);
    CHECK(only("defaults\n mode http\nbackend a\n").http);
    CHECK(only(defaults + "backend a\n option redis-check\n").tcp_check == 0);
    CHECK(only(defaults + "backend a\n no option tcp-check\n").tcp_check == 0);
}

TEST_CASE("Binary steps are read as text, templates as several servers, counting is seen") {
    auto backend = only(
        "frontend f\n tcp-request connection reject if { nbsrv(redis) gt 1 }\nbackend redis\n option tcp-check\n"
        " tcp-check send-binary 50494e470d0a\n tcp-check expect binary 726f6c653a6d6173746572\n"
        " server-template r 1-3 redis:6379\n server-template s 2 redis:6379 check\n");
    CHECK(backend.steps.at(0).text == "PING\r\n");
    CHECK(backend.steps.at(1).text == "role:master");
    CHECK(backend.servers.at(0).count == 3);
    CHECK(backend.servers.at(1).count == 2);
    CHECK(backend.counts_servers);
}
