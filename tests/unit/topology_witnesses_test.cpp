#include "tests/support/world.h"
#include "topology/witnesses.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

namespace {

// "role redis-1: redis-0"
Texts said(const topology::Picture& picture) {
    Texts out;
    for (const auto& witness : picture.witnesses)
        out.push_back(witness.source + " " + witness.by + ": " + witness.says);
    return out;
}

}  // namespace

TEST_CASE("Every node, Sentinel, role label and master's Service is a witness") {
    CHECK(said(World(sb_replica()).look()) == Texts{"role redis-0: redis-0", "role redis-1: redis-0",
                                                    "role redis-2: redis-0", "service redis: redis-0",
                                                    "service redis-master: redis-0"});
    CHECK(said(World(bitnami_sentinel(2, true)).look()) ==
          Texts{"role redis-node-0: redis-node-0", "role redis-node-1: redis-node-0",
                "sentinel redis-node-0/sentinel: redis-node-0", "sentinel redis-node-1/sentinel: redis-node-0",
                "label redis-node-0: redis-node-0", "service redis-master: redis-node-0"});
    CHECK(said(World(spotahome("cache", 2)).look()) ==
          Texts{"role rfr-cache-0: rfr-cache-0", "role rfr-cache-1: rfr-cache-0",
                "sentinel rfs-cache-5c-a: rfr-cache-0", "sentinel rfs-cache-5c-b: rfr-cache-0",
                "label rfr-cache-0: rfr-cache-0", "service rfrm-cache: rfr-cache-0"});
    CHECK(said(World(bitnami_replication(1)).look()) == Texts{"role redis-master-0: redis-master-0",
                                                              "role redis-replicas-0: redis-master-0",
                                                              "service redis-master: redis-master-0"});
}

TEST_CASE("After a failover of Sentinel's, the names of pods and Services are no witnesses") {
    auto listed = hand_written();
    listed.services[0].cluster_ip = "10.96.0.9";
    make_slices(listed);
    World world(std::move(listed));
    world.view("redis-slave-0") = master_view("run-1");
    world.view("redis-slave-0").connected_replicas = 2;
    world.view("redis-slave-0").replicas = {{"10.0.6.0", 6379, "online", 990, 1}, {"10.0.6.2", 6379, "online", 990, 1}};
    world.follow("redis-master-0", "redis-slave-0");
    world.follow("redis-slave-1", "redis-slave-0");
    for (size_t i = 0; i < 3; i++) world.sentinel(i).masters[0].host = "10.0.6.1";
    auto picture = world.look();
    CHECK(picture.master == "redis-slave-0");
    CHECK(codes(picture) == Texts{"SERVICE_ROUTES_TO_REPLICA"});
    CHECK(picture.findings[0].severity == Severity::warning);
    CHECK(picture.health == topology::Health::degraded);
}

TEST_CASE("A master's address is found under each of its names") {
    struct Case {
        const char* host;
        int64_t port;
        std::string says;
    };
    for (const auto& one : {Case{"10.0.1.0", 6379, "redis-0"},
                            {"redis-0.redis-headless.default.svc.cluster.local", 6379, "redis-0"},
                            {"redis-0.redis-headless.default.svc", 6379, "redis-0"},
                            {"redis-0.redis-headless.default", 6379, "redis-0"},
                            {"redis-0.redis-headless", 6379, "redis-0"},
                            {"redis-0", 6379, "redis-0"},
                            {"REDIS-0.redis-headless.", 6379, "redis-0"},
                            {"redis-master", 6379, "redis-0"},
                            {"redis-master.default.svc.cluster.local", 6379, "redis-0"},
                            {"10.96.1.2", 6379, "redis-0"},
                            {"10.0.1.0", 6380, "10.0.1.0:6380"},
                            {"10.0.9.9", 6379, "10.0.9.9:6379"},
                            {"redis-0.other-headless", 6379, "redis-0.other-headless:6379"},
                            {"fd00::7", 6379, "[fd00::7]:6379"}}) {
        CAPTURE(one.host);
        World world(sb_replica());
        world.view("redis-1").master_host = one.host;
        world.view("redis-1").master_port = one.port;
        world.view("redis-1").link_up = false;
        CHECK(said(world.look())[1] == "role redis-1: " + one.says);
    }
}

TEST_CASE("Loopback is the speaker's own: a pod follows itself, a host its neighbour") {
    World world(spotahome("cache", 2));
    world.view("rfr-cache-1").master_host = "127.0.0.1";
    auto picture = world.look();
    CHECK(picture.nodes[1].master_node == "rfr-cache-1");
    CHECK(finding(picture, "SELF_FOLLOWING")->node == "rfr-cache-1");
    CHECK(picture.master == "");

    World hosts({{"a", 6379}, {"a", 6380}, {"b", 6379}});
    hosts.view("a:6380").master_host = "localhost";
    CHECK(hosts.look().nodes[1].master_node == "a:6379");
}

TEST_CASE("The witness of a replica of a replica names the end of the chain") {
    World world(sb_replica());
    world.follow("redis-2", "redis-1");
    auto picture = world.look();
    CHECK(picture.nodes[2].master_node == "redis-1");
    CHECK(said(picture)[2] == "role redis-2: redis-0");
    CHECK(picture.master == "redis-0");
    CHECK(codes(picture) == Texts{"REPLICA_OF_REPLICA redis-2"});
    CHECK(picture.findings[0].message == "redis-2 follows redis-1, which is a replica itself");
}

TEST_CASE("The master is told only when all witnesses agree and one has it at first hand") {
    struct Case {
        const char* what;
        void (*spoil)(World&);
        std::string master;
    };
    Case cases[] = {
        {"all is well", [](auto&) {}, "redis-0"},
        {"a replica is silent", [](auto& w) { w.silence("redis-2"); }, "redis-0"},
        {"the master is silent, a replica has its link to it", [](auto& w) { w.silence("redis-0"); }, "redis-0"},
        {"the master is silent and nobody has a link to it",
         [](auto& w) {
             w.silence("redis-0");
             w.view("redis-1").link_up = w.view("redis-2").link_up = false;
         },
         ""},
        {"one replica follows elsewhere", [](auto& w) { w.view("redis-1").master_host = "10.9.9.9"; }, ""},
        {"two masters", [](auto& w) { w.promote("redis-1"); }, ""},
        {"the Service leads elsewhere",
         [](auto& w) {
             for (auto& slice : w.instance().slices)
                 if (slice.service == "redis-master") slice.endpoints = {{"10.0.1.1", "redis-1", true}};
         },
         ""},
        {"the Service is unknown",
         [](auto& w) {
             w.instance().services_known = false;
             w.instance().slices.clear();
         },
         "redis-0"},
        {"nobody answers",
         [](auto& w) {
             for (const char* name : {"redis-0", "redis-1", "redis-2"}) w.silence(name);
             w.instance().services.clear();
         },
         ""},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        World world(sb_replica());
        one.spoil(world);
        CHECK(world.look().master == one.master);
    }
}

TEST_CASE("A master outside, with a link to it, is told by its address") {
    World world({{"10.0.0.1", 6379}, {"10.0.0.2", 6379}});
    world.view("10.0.0.1:6379") = replica_view("run-0", "10.9.9.9", 6379);
    world.view("10.0.0.2:6379").master_host = "10.9.9.9";
    auto picture = world.look();
    CHECK(picture.master == "10.9.9.9:6379");
    CHECK(codes(picture) == Texts{"ORPHAN 10.0.0.1:6379", "ORPHAN 10.0.0.2:6379"});
    CHECK(picture.findings[0].severity == Severity::warning);
    CHECK(picture.nodes[0].lag_bytes == std::nullopt);
}

TEST_CASE("A Sentinel's word counts for the master that is ours") {
    struct Case {
        const char* what;
        void (*spoil)(redis::SentinelView&);
        std::string says;
    };
    Case cases[] = {
        {"by name", [](auto& v) { v.masters[0].host = "redis-master-0.redis-master"; }, "redis-master-0"},
        {"of several, the one that is a node's",
         [](auto& v) {
             auto other = v.masters[0];
             other.name = "other";
             other.host = "10.9.9.9";
             v.masters.insert(v.masters.begin(), other);
         },
         "redis-master-0"},
        {"of several, the one with the instance's name",
         [](auto& v) {
             v.masters[0].host = "10.9.9.9";
             v.masters[0].name = "redis";
             auto other = v.masters[0];
             other.name = "other";
             other.host = "10.9.9.8";
             v.masters.insert(v.masters.begin(), other);
         },
         "10.9.9.9:6379"},
        {"its own loopback", [](auto& v) { v.masters[0].host = "127.0.0.1"; }, "127.0.0.1:6379"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        World world(hand_written());
        one.spoil(world.sentinel(0));
        auto picture = world.look();
        CHECK(said(picture)[3] == "sentinel redis-sentinel-5c-a: " + one.says);
        CHECK(picture.sentinels[0].master.has_value());
    }
}
