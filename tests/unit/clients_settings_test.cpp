#include "clients/settings.h"
#include "tests/unit/clients_upstream.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::clients;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

namespace {

Settings of(const Upstream& upstream, const std::string& library = "uri", bool with_secrets = false) {
    SettingsWish wish;
    wish.library = library;
    wish.with_secrets = with_secrets;
    return client_settings(upstream, wish);
}

Texts codes(const Settings& settings) {
    Texts out;
    for (const Finding& finding : settings.findings) out.push_back(finding.code);
    return out;
}

Upstream with_sentinels() {
    auto upstream = pods(3);
    upstream.master_name = "mymaster";
    upstream.known_sentinels = 3;
    for (size_t i = 0; i < 3; i++) {
        UpstreamNode node;
        node.name = "redis-" + std::to_string(i) + "/sentinel";
        node.address = {"redis-" + std::to_string(i) + ".redis-headless.shop.svc", 26379};
        upstream.sentinels.push_back(node);
    }
    set_password(upstream, "secret");
    upstream.sentinel = upstream.redis;
    return upstream;
}

}  // namespace

TEST_CASE("The Service that leads to the master is what clients are told") {
    auto upstream = pods(3);
    upstream.master_service = UpstreamService{"redis-master.shop.svc", 6379, true, "redis-master"};
    upstream.replica_service = UpstreamService{"redis-replicas.shop.svc", 6379, true, "redis-replicas"};
    auto settings = of(upstream);
    CHECK(settings.text == "redis://redis-master.shop.svc:6379/0\n");
    CHECK(settings.access.reads->host == "redis-replicas.shop.svc");
    CHECK(codes(settings) == Texts{"CLIENTS_MUST_RETRY", "CLIENTS_INSIDE_ONLY"});
    CHECK(of(upstream, "redis-py").text.find("reads = Redis(\n    host=\"redis-replicas.shop.svc\"") !=
          std::string::npos);
    upstream.master_service->leads_there = false;
    CHECK(codes(of(upstream, "go-redis")) == Texts{"CLIENTS_SERVICE_ASTRAY", "CLIENTS_INSIDE_ONLY"});
    upstream.tls = true;
    CHECK(of(upstream).text == "rediss://redis-master.shop.svc:6379/0\n");
}

TEST_CASE("Without a Service it is the master of now, which is told") {
    auto upstream = pods(2);
    CHECK(of(upstream).text == "redis://redis-0.redis-headless.shop.svc:6379/0\n");
    CHECK(codes(of(upstream, "redis-py")) == Texts{"CLIENTS_FOLLOW_NO_SWITCH", "CLIENTS_INSIDE_ONLY"});
    upstream.nodes[0].stays = false;
    CHECK(codes(of(upstream, "redis-py")) ==
          Texts{"CLIENTS_FOLLOW_NO_SWITCH", "CLIENTS_POD_IP", "CLIENTS_INSIDE_ONLY"});
    upstream.master.clear();
    CHECK(of(upstream).text.empty());
    CHECK(codes(of(upstream)) == Texts{"CLIENTS_NO_MASTER"});
    upstream.master = "10.9.9.9:6379";
    REQUIRE(codes(of(upstream)) == Texts{"CLIENTS_NO_MASTER"});
    CHECK(of(upstream).findings.front().message ==
          "the master is 10.9.9.9:6379, no node of this instance: how clients are led there is not known");
    // One node has no switch to follow.
    CHECK(codes(of(pods(1), "redis-py")) == Texts{"CLIENTS_INSIDE_ONLY"});
}

TEST_CASE("Sentinels: their Service where there is one, else each of them") {
    auto upstream = with_sentinels();
    auto settings = of(upstream);
    CHECK(
        settings.text ==
        "redis-sentinel://:$REDIS_PASSWORD@redis-0.redis-headless.shop.svc:26379,redis-1.redis-headless.shop.svc:26379,"
        "redis-2.redis-headless.shop.svc:26379/0#mymaster\n");
    upstream.sentinel_service = UpstreamService{"redis.shop.svc", 26379, true, "redis"};
    // The Service that leads to the master is not for clients that ask Sentinels.
    upstream.master_service = UpstreamService{"redis-master.shop.svc", 6379, true, "redis-master"};
    settings = of(upstream, "go-redis");
    CHECK(settings.text ==
          "client := redis.NewFailoverClient(&redis.FailoverOptions{\n\tMasterName: \"mymaster\",\n"
          "\tSentinelAddrs: []string{\"redis.shop.svc:26379\"},\n\tSentinelPassword: "
          "os.Getenv(\"REDIS_SENTINEL_PASSWORD\"),\n"
          "\tPassword: os.Getenv(\"REDIS_PASSWORD\"),\n\tDB: 0,\n"
          "\tMaxRetries: 5, MinRetryBackoff: 50 * time.Millisecond, MaxRetryBackoff: time.Second,\n})\n");
    CHECK(codes(settings) == Texts{"CLIENTS_INSIDE_ONLY"});
}

TEST_CASE("Java: two passwords, and a user") {
    auto upstream = with_sentinels();
    upstream.redis.login->user = "app";
    const auto lettuce = of(upstream, "lettuce").text;
    CHECK(lettuce.find(".sentinel(\"redis-0.redis-headless.shop.svc\", 26379, \"mymaster\", "
                       "System.getenv(\"REDIS_SENTINEL_PASSWORD\"))\n") != std::string::npos);
    CHECK(lettuce.find(".withSentinel(\"redis-2.redis-headless.shop.svc\", 26379, "
                       "System.getenv(\"REDIS_SENTINEL_PASSWORD\"))\n") != std::string::npos);
    CHECK(lettuce.find(".withAuthentication(\"app\", System.getenv(\"REDIS_PASSWORD\"))\n") != std::string::npos);
    const auto jedis = of(upstream, "jedis", true).text;
    CHECK(jedis.find("    .user(\"app\")\n    .password(\"secret\")\n    .database(0)\n") != std::string::npos);
    CHECK(jedis.find("new JedisSentineled(\"mymaster\", config, Set.of(new HostAndPort(") != std::string::npos);
}

TEST_CASE("What clients of Sentinels should know") {
    auto upstream = with_sentinels();
    upstream.sentinel = {};
    upstream.known_sentinels = 5;
    upstream.sentinels_miss_master = true;
    upstream.sentinels[1].stays = false;
    upstream.passwords_differ = true;
    CHECK(codes(of(upstream, "go-redis")) == Texts{"CLIENTS_SENTINEL_OPEN", "CLIENTS_SENTINEL_BLIND",
                                                   "CLIENTS_FEW_SENTINELS", "CLIENTS_POD_IP",
                                                   "CLIENTS_PASSWORDS_DIFFER", "CLIENTS_INSIDE_ONLY"});
}
