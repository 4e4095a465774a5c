#include "failover/facts.h"
#include "failover/survey_kubernetes.h"
#include "tests/unit/failover_healthy_facts.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using namespace redisctl::testing;

namespace {

std::string line(const Facts& facts, const std::string& node) {
    const redis::AttachedReplica* found = line_of(facts, node);
    return found == nullptr ? "none" : found->host + ":" + std::to_string(found->port) + " " + found->state;
}

}  // namespace

TEST_CASE("The master is the one that says so, or the silent one that is followed; never one of several") {
    FactsWorld world;
    CHECK(world.facts.master == "redis-0");

    world.silence("redis-0");
    CHECK(world.facts.master == "redis-0");

    world.world.promote("redis-2");
    world.renew();
    CHECK(world.facts.master.empty());
    CHECK(world.facts.why_no_master == "several could be it: redis-0, redis-2");

    FactsWorld circle;
    circle.world.follow("redis-0", "redis-1");
    circle.world.follow("redis-1", "redis-0");
    circle.world.follow("redis-2", "redis-1");
    circle.renew();
    CHECK(circle.facts.master.empty());
    CHECK(circle.facts.why_no_master == "no node is a master, and none is followed that does not answer");

    FactsWorld abroad;
    for (const char* name : {"redis-0", "redis-1", "redis-2"}) {
        abroad.world.follow(name, "redis-0");
        abroad.world.view(name).master_host = "10.9.9.9";
    }
    abroad.renew();
    CHECK(abroad.facts.master == "10.9.9.9:6379");
}

TEST_CASE("One process under two names is one master") {
    FactsWorld world(std::vector<net::HostPort>{{"localhost", 7001}, {"127.0.0.1", 7001}, {"127.0.0.1", 7002}});
    world.world.view("127.0.0.1:7001") = world.world.view("localhost:7001");
    world.renew();
    CHECK(world.facts.master == "localhost:7001");
}

TEST_CASE("A replica's line is found by its address, by what it announces, or as the only one that is left") {
    FactsWorld world;
    CHECK(line(world.facts, "redis-1") == "10.0.1.1:6379 online");
    CHECK(line(world.facts, "redis-0") == "none");
    CHECK(line(world.facts, "redis-9") == "none");

    auto& lines = world.view("redis-0").replicas;
    lines[0].host = "redis-one.example";
    lines[0].port = 31001;
    CHECK(line(world.facts, "redis-1") == "redis-one.example:31001 online");

    lines[1].host = "redis-two.example";
    CHECK(line(world.facts, "redis-1") == "none");
    CHECK(line(world.facts, "redis-2") == "none");
    world.node("redis-2").settings->values["replica-announce-ip"] = "redis-two.example";
    world.node("redis-2").settings->values["replica-announce-port"] = "0";
    CHECK(line(world.facts, "redis-2") == "redis-two.example:6379 online");
    CHECK(line(world.facts, "redis-1") == "redis-one.example:31001 online");

    // Back after a cut: the master has not noticed yet that the first connection is dead.
    FactsWorld twice;
    auto& both = twice.view("redis-0").replicas;
    both.push_back(both[0]);
    both[0].state = "wait_bgsave";
    CHECK(line(twice.facts, "redis-1") == "10.0.1.1:6379 online");
}

TEST_CASE("The write rate and the gap come from two samples on one history") {
    FactsWorld world;
    NodeFacts& master = world.node("redis-0");
    master.earlier = OffsetSample{Micros(100'000), 1'000};
    master.later = OffsetSample{Micros(600'000), 51'000};
    CHECK(write_rate(master) == 100'000);
    world.node("redis-1").earlier->offset = 400;
    world.node("redis-1").later->offset = 51'200;  // read after the master
    const auto gap = gap_of(world.facts, "redis-1");
    REQUIRE(gap);
    CHECK(gap->earlier == 600);
    CHECK(gap->later == 0);
    world.view("redis-1").sync_in_progress = true;
    CHECK_FALSE(gap_of(world.facts, "redis-1"));
    master.later->offset = 500;  // another history
    CHECK_FALSE(write_rate(master));
    master.later = master.earlier;
    CHECK_FALSE(write_rate(master));
}

TEST_CASE("Versions compare by their numbers") {
    CHECK(at_least("7.0.15", "6.2") == true);
    CHECK(at_least("6.2", "6.2.0") == true);
    CHECK(at_least("6.0.16", "6.2") == false);
    CHECK(at_least("10.0", "9.2.1") == true);
    CHECK(at_least("8.0.0-rc1", "8.0") == true);
    CHECK_FALSE(at_least("", "6.2"));
    CHECK_FALSE(at_least("unstable", "6.2"));
}

TEST_CASE("Rights are asked for what the plan will do, and nothing else") {
    const auto needed = [](const Facts& facts, const Wish& wish = {}) {
        std::set<std::string> result;
        for (const kube::Access& one : access_needed(facts, wish))
            result.insert(one.verb + " " + one.resource + (one.name.empty() ? "" : "/" + one.name));
        return result;
    };
    FactsWorld world;
    std::set<std::string> lease = {"create leases", "get leases/redisctl-redis", "update leases/redisctl-redis"};
    std::set<std::string> services = lease;
    services.insert({"get services/redis", "patch services/redis", "get services/redis-master",
                     "patch services/redis-master", "list endpointslices", "watch endpointslices"});
    CHECK(needed(world.facts) == services);
    Wish wish;
    wish.move_services = false;
    CHECK(needed(world.facts, wish) == lease);
}
