#include "clients/haproxy_check.h"
#include "clients/haproxy_generate.h"
#include "tests/unit/clients_upstream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::clients;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

namespace {

const std::string kGood =
    "option tcp-check\n"
    "tcp-check send \"AUTH ${P}\\r\\nINFO replication\\r\\nQUIT\\r\\n\"\n"
    "tcp-check expect string role:master\n"
    "default-server check inter 100ms fall 1 rise 1 on-marked-down shutdown-sessions resolvers k8s init-addr none\n";
const std::string kServers =
    "server a redis-0.redis-headless.shop.svc.cluster.local:6379\n"
    "server b redis-1.redis-headless:6379\n"
    "server c 10.1.2.2:6379\n";

std::string without(std::string text, const std::string& part, const std::string& instead = {}) {
    const size_t at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.replace(at, part.size(), instead);
}

HaproxyVerdict judged(const std::string& text, const std::optional<Upstream>& upstream) {
    auto sections = parse_haproxy(text);
    REQUIRE(sections);
    static std::vector<HaproxyBackend> backends;
    backends = haproxy_backends(*sections);
    return check_haproxy(backends, upstream);
}

// "critical HAPROXY_NO_AUTH 3", without the remark that two masters are not minded.
Texts found(const std::string& lines, const std::optional<Upstream>& upstream) {
    Texts out;
    for (const HaproxyProblem& problem : judged("backend redis\n" + lines, upstream).problems)
        if (problem.code != "HAPROXY_TWO_MASTERS")
            out.push_back(std::string(severity_name(problem.severity)) + " " + problem.code + " " +
                          std::to_string(problem.line));
    return out;
}

}  // namespace

TEST_CASE("A good file has nothing wrong, alone and beside its instance") {
    CHECK(found(kGood + kServers, std::nullopt) == Texts{});
    auto upstream = pods(3);
    set_password(upstream, "secret");
    CHECK(found(kGood + kServers, upstream) == Texts{});
}

TEST_CASE("Each mistake is found where it stands") {
    auto upstream = pods(3);
    set_password(upstream, "secret");
    auto tls = upstream;
    tls.tls = true;
    struct Case {
        std::string lines;
        const Upstream& beside;
        Texts expected;
    };
    const Case cases[] = {
        {without(kGood, "tcp-check expect string role:master\n") + kServers,
         upstream,
         {"critical HAPROXY_NO_ROLE_CHECK 2"}},
        {"option redis-check\n" + without(kGood, "option tcp-check\n") + kServers,
         upstream,
         {"critical HAPROXY_NO_ROLE_CHECK 2"}},
        {"mode http\n" + kGood + kServers, upstream, {"critical HAPROXY_HTTP_MODE 2"}},
        {without(kGood, "AUTH ${P}\\r\\n") + kServers, upstream, {"critical HAPROXY_NO_AUTH 4"}},
        {without(kGood, "${P}", "hunter2") + kServers, upstream, {"warning HAPROXY_PASSWORD_IN_FILE 3"}},
        {without(kGood, "QUIT\\r\\n") + kServers, upstream, {"warning HAPROXY_SLOW_CHECK 4"}},
        {without(kGood, " inter 100ms fall 1 rise 1") + kServers, upstream, {"warning HAPROXY_LONG_INTERVAL 6"}},
        {without(kGood, " on-marked-down shutdown-sessions") + kServers,
         upstream,
         {"critical HAPROXY_SESSIONS_STAY 6"}},
        {without(kGood, " resolvers k8s init-addr none") + kServers, upstream, {"critical HAPROXY_NO_RESOLVERS 6"}},
        {without(kGood, " init-addr none") + kServers, upstream, {"warning HAPROXY_INIT_ADDR 6"}},
        {kGood + without(kServers, "server b", "server b 10.9.9.9:6379 #"),
         upstream,
         {"critical HAPROXY_MISSING_NODE 1", "warning HAPROXY_UNKNOWN_SERVER 7"}},
        {kGood + without(kServers, "10.1.2.2:6379", "10.1.2.2:6379 no-check"),
         upstream,
         {"critical HAPROXY_NOT_CHECKED 8"}},
        {kGood + kServers,
         tls,
         {"critical HAPROXY_NO_TLS 6", "critical HAPROXY_NO_TLS 7", "critical HAPROXY_NO_TLS 8"}},
        {"timeout server 30s\n" + kGood + kServers, upstream, {"info HAPROXY_SHORT_TIMEOUT 2"}},
        {"option external-check\n" + without(kGood, "option tcp-check\n") + kServers,
         upstream,
         {"info HAPROXY_EXTERNAL_CHECK 2"}}};
    for (const Case& one : cases) {
        CAPTURE(one.lines);
        CHECK(found(one.lines, one.beside) == one.expected);
    }
}

TEST_CASE("What is not wrong is not found wrong") {
    auto upstream = pods(3);
    // A backend of replicas alone loses nothing that is written.
    const std::string reads = without(kGood, "role:master", "role:slave");
    CHECK(found(without(reads, " on-marked-down shutdown-sessions") + kServers, upstream) ==
          Texts{"warning HAPROXY_SESSIONS_STAY 6"});
    CHECK(found(reads + without(kServers, "server c", "#"), upstream) == Texts{"warning HAPROXY_MISSING_NODE 1"});
    // `expect !` turns the meaning round.
    CHECK(judged("backend redis\n" + without(kGood, "string role:master", "! string role:slave") + kServers, upstream)
              .backends.at(0)
              .lets == HaproxyJudged::Lets::master);
    // One node has no other; variables and templates can be any node.
    CHECK(found("server a 10.1.2.0:6379\n", pods(1)) == Texts{});
    CHECK(found(kGood + "server a ${REDIS}:6379\nserver b 10.1.2.1:6379\n", upstream) == Texts{});
    CHECK(found(kGood + "server-template r 3 redis-headless.shop.svc:6379\n", upstream) == Texts{});
    // Plain hosts by IP need no resolvers.
    CHECK(found(without(kGood, " resolvers k8s init-addr none") + "server a 10.1.2.0:6379\nserver b 10.1.2.1:6379\n",
                pods(2)) == Texts{});
}

TEST_CASE("Backends of others are left alone, and a file without any of Redis says so") {
    const auto verdict = judged(
        "backend web\n mode http\n server w 10.0.0.1:80\n"
        "backend sentinels\n option tcp-check\n tcp-check expect string +PONG\n server s 10.1.2.0:26379\n",
        pods(1));
    CHECK(verdict.backends.empty());
    REQUIRE(verdict.problems.size() == 1);
    CHECK(verdict.problems[0].code == "HAPROXY_NO_BACKEND");
    CHECK(judged("backend r\n server a 10.1.2.0:7000\n", pods(1)).backends.empty());
}

TEST_CASE("What redisctl writes is right in its own eyes") {
    for (const bool tls : {false, true})
        for (const bool password : {false, true}) {
            auto upstream = pods(3);
            upstream.tls = tls;
            if (password) set_password(upstream, "secret", "app");
            const auto verdict = judged(generate_haproxy(upstream, {}).text, upstream);
            CHECK(verdict.backends.size() == 2);
            CHECK(verdict.backends[0].nodes == Texts{"redis-0", "redis-1", "redis-2"});
            CHECK(verdict.problems.empty());
        }
}
