// What only `doctor` reads of a Pod and of a RedisFailover.
#include "kube/failover_wishes.h"
#include "kube/pod_start.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl::kube;

TEST_CASE("why a pod does not come up") {
    const auto pod = parse_pod_start(R"({"kind":"Pod","metadata":{"name":"redis-1"},"status":{
        "conditions":[{"type":"PodScheduled","status":"False","message":"0/3 nodes are available"}],
        "initContainerStatuses":[
            {"name":"setup-replication","state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1}}},
            {"name":"later","state":{"terminated":{"exitCode":2}},"lastState":{"terminated":{"exitCode":3}}},
            {"name":"last","state":{"waiting":{"reason":"PodInitializing"}}}]}})");
    REQUIRE(pod);
    CHECK(pod->unscheduled == "0/3 nodes are available");
    REQUIRE(pod->init.size() == 3);
    CHECK(pod->init[0].waiting == "CrashLoopBackOff");
    CHECK(pod->init[0].exit_code == 1);
    CHECK(pod->init[1].waiting.empty());
    CHECK(pod->init[1].exit_code == 2);
    CHECK(!pod->init[2].exit_code);
    const auto running = parse_pod_start(
        R"({"kind":"Pod","status":{"conditions":[{"type":"PodScheduled","status":"True","message":"m"}]}})");
    REQUIRE(running);
    CHECK(running->unscheduled.empty());
    CHECK(running->init.empty());
    CHECK_FALSE(parse_pod_start(R"({"kind":"Service"})"));
}

TEST_CASE("what a RedisFailover wants to be set") {
    const auto wishes = parse_failover_wishes(R"({"kind":"RedisFailover","spec":{
        "redis":{"port":6380,"customConfig":["maxmemory 512mb","appendonly yes"]},
        "sentinel":{"customConfig":["down-after-milliseconds 5000"]},"bootstrapNode":{"host":"10.0.0.9"}}})");
    REQUIRE(wishes);
    CHECK(wishes->redis_port == 6380);
    CHECK(wishes->bootstrap_port == "6379");
    CHECK(wishes->redis_config == std::vector<std::string>{"maxmemory 512mb", "appendonly yes"});
    CHECK(wishes->sentinel_config == std::vector<std::string>{"down-after-milliseconds 5000"});
    const auto bare = parse_failover_wishes(R"({"kind":"RedisFailover","spec":{}})");
    REQUIRE(bare);
    CHECK(bare->redis_port == 6379);
    CHECK(bare->bootstrap_port.empty());
    CHECK(bare->redis_config.empty());
    CHECK_FALSE(parse_failover_wishes(R"({"kind":"Pod"})"));
}
