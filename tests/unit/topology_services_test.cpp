#include "tests/support/world.h"
#include "topology/service_verdict.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

namespace {

// "redis-master master → master: redis-0"
Texts seen(const topology::Picture& picture) {
    Texts out;
    for (const auto& one : picture.services) {
        auto text = one.name + " " + one.type + " → " + one.routes_to + ":";
        for (const auto& name : one.ready) text += " " + name;
        for (const auto& name : one.not_ready) text += " (" + name + ")";
        out.push_back(text);
    }
    return out;
}

// "redis-master ok", "redis-master critical SPLIT_BRAIN"; "-" where it is not judged
Texts judged(const topology::Picture& picture) {
    Texts out;
    for (const auto& one : picture.services) {
        const auto verdict = topology::verdict_of(one, picture);
        out.push_back(one.name + " " + (verdict.word.empty() ? "-" : std::string(verdict.word)) +
                      (verdict.code.empty() ? "" : " " + verdict.code));
    }
    return out;
}

}  // namespace

TEST_CASE("What the Services of each system are for, and where they lead") {
    CHECK(seen(World(sb_replica()).look()) == Texts{"redis master → master: redis-0",
                                                    "redis-headless headless → all: redis-0 redis-1 redis-2",
                                                    "redis-master master → master: redis-0"});
    CHECK(seen(World(sb_standalone(1)).look()) == Texts{"redis all → master: redis-0"});
    CHECK(seen(World(bitnami_replication(1)).look()) ==
          Texts{"redis-headless headless → all: redis-master-0 redis-replicas-0",
                "redis-master master → master: redis-master-0", "redis-replicas replicas → replica: redis-replicas-0"});
    CHECK(seen(World(bitnami_sentinel(2, true)).look()) ==
          Texts{"redis all → all: redis-node-0 redis-node-1",
                "redis-headless headless → all: redis-node-0 redis-node-1",
                "redis-master master → master: redis-node-0"});
    CHECK(seen(World(spotahome("cache", 1)).look()) ==
          Texts{"rfrm-cache master → master: rfr-cache-0", "rfs-cache sentinel → all: rfs-cache-5c-a"});
    CHECK(seen(World(hand_written()).look()) ==
          Texts{"redis-master headless → master: redis-master-0",
                "redis-sentinel sentinel → all: redis-sentinel-5c-a redis-sentinel-5c-b redis-sentinel-5c-c",
                "redis-slave headless → replica: redis-slave-0 redis-slave-1"});
}

TEST_CASE("Selectors are shown as key=value") {
    CHECK(World(sb_standalone(1)).look().services[0].selector ==
          Texts{"app.kubernetes.io/instance=redis", "app.kubernetes.io/name=redis"});
}

TEST_CASE("Kinds of Services that people add") {
    struct Case {
        kube::Service service;
        std::string expected;
    };
    kube::Labels all = {{"app.kubernetes.io/name", "redis"}, {"app.kubernetes.io/instance", "redis"}};
    auto pinned = [&](const char* name, const char* pod) {
        return service(name, with(all, {{"statefulset.kubernetes.io/pod-name", pod}}));
    };
    auto target = service("x", all, 80);
    target.ports = {{"tcp", 80, "6379"}};
    Case cases[] = {
        {pinned("redis-1", "redis-1"), "redis-1 other → replica: redis-1"},
        {pinned("redis-1-svc", "redis-1"), "redis-1-svc other → replica: redis-1"},
        {pinned("lb-redis-2", "redis-2"), "lb-redis-2 other → replica: redis-2"},
        {pinned("write", "redis-0"), "write master → master: redis-0"},
        {service("redis-metrics", all, 9121), "redis-metrics other → all: redis-0 redis-1 redis-2"},
        {service("read-ro", all), "read-ro replicas → all: redis-0 redis-1 redis-2"},
        {service("everything", all), "everything all → all: redis-0 redis-1 redis-2"},
        {target, "x all → all: redis-0 redis-1 redis-2"},
        {service("slaves", with(all, {{"role", "slave"}})), "slaves replicas → nothing:"},
    };
    for (const auto& one : cases) {
        auto listed = sb_replica();
        listed.services = {one.service};
        make_slices(listed);
        auto texts = seen(World(std::move(listed)).look());
        REQUIRE(texts.size() == 1);
        CHECK(texts[0] == one.expected);
    }
}

TEST_CASE("Readiness is a witness only where it lets the master alone through") {
    auto listed = sb_replica();
    listed.services = {service("redis", {{"app.kubernetes.io/name", "redis"}})};
    for (int i : {1, 2}) listed.pods[static_cast<size_t>(i)].ready = false;
    make_slices(listed);
    World world(std::move(listed));
    CHECK(seen(world.look()) == Texts{"redis master → master: redis-0 (redis-1) (redis-2)"});
    world.silence("redis-1");
    CHECK(seen(world.look()) == Texts{"redis all → master: redis-0 (redis-1) (redis-2)"});
}

TEST_CASE("Where a Service leads is unknown while a node behind it is silent") {
    World world(sb_replica());
    world.silence("redis-0");
    CHECK(seen(world.look())[2] == "redis-master master → unknown: redis-0");
}

TEST_CASE("A pod with two addresses is one endpoint, and one that is gone is called by its own name") {
    World world(sb_replica());
    for (auto& slice : world.instance().slices)
        if (slice.service == "redis-master")
            slice.endpoints = {{"10.0.1.0", "redis-0", true},
                               {"fd00::1", "redis-0", true},
                               {"10.0.1.77", "redis-7", true},
                               {"10.8.8.8", "", false}};
    CHECK(seen(world.look())[2] == "redis-master master → unknown: redis-0 redis-7 (10.8.8.8)");
}

TEST_CASE("Services that may not be read are not shown as leading nowhere") {
    World world(sb_replica());
    world.instance().services_known = false;
    world.instance().slices.clear();
    auto picture = world.look();
    CHECK(picture.services.empty());
    CHECK(codes(picture).empty());
}

TEST_CASE("A Service is judged by what it is for") {
    CHECK(judged(World(sb_replica()).look()) == Texts{"redis ok", "redis-headless -", "redis-master ok"});
    CHECK(judged(World(bitnami_sentinel(2, true)).look()) == Texts{"redis ok", "redis-headless -", "redis-master ok"});
    CHECK(judged(World(spotahome("cache", 1)).look()) == Texts{"rfrm-cache ok", "rfs-cache ok"});
    CHECK(judged(World(sb_replica()).look("cluster-mode")) == Texts{"redis -", "redis-headless -", "redis-master -"});
}

TEST_CASE("A master's Service that leads to a replica, to nothing, or to who knows") {
    World drifted(sb_replica());
    drifted.view("redis-1") = master_view("run-1");
    for (const char* name : {"redis-0", "redis-2"}) drifted.follow(name, "redis-1");
    CHECK(judged(drifted.look())[2] == "redis-master critical SERVICE_ROUTES_TO_REPLICA");

    World empty(sb_replica());
    for (auto& slice : empty.instance().slices) slice.endpoints.clear();
    CHECK(judged(empty.look())[2] == "redis-master critical SERVICE_WITHOUT_ENDPOINTS");

    World silent(sb_replica());
    silent.silence("redis-0");
    CHECK(judged(silent.look())[2] == "redis-master unknown");
}

TEST_CASE("A Service that leads to one of two masters is no better than they are") {
    World world(sb_replica());
    world.promote("redis-1");
    CHECK(judged(world.look()) ==
          Texts{"redis critical SPLIT_BRAIN", "redis-headless -", "redis-master critical SPLIT_BRAIN"});
}
