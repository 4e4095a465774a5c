#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using topology::Health;
using Texts = std::vector<std::string>;

namespace {

struct Expected {
    std::string code;
    Severity severity;
    std::string node, message, hint;
};

void check(const topology::Picture& picture, const Expected& expected) {
    CAPTURE(expected.code);
    auto found = finding(picture, expected.code);
    REQUIRE(found);
    CHECK(found->severity == expected.severity);
    CHECK(found->instance == picture.full_name());
    CHECK(found->node == expected.node);
    CHECK(found->message == expected.message);
    CHECK(found->hint == expected.hint);
}

const std::string at_redis = " -n default --instance redis";

}  // namespace

TEST_CASE("Each trouble with a node has its finding") {
    struct Case {
        void (*spoil)(World&);
        Expected expected;
        Health health;
    };
    Case cases[] = {
        {[](auto& w) { w.silence("redis-2"); },
         {"NODE_UNREACHABLE", Severity::critical, "redis-2", "redis did not answer",
          "kubectl logs -n default redis-2 --all-containers --tail=50"},
         Health::critical},
        {[](auto& w) {
             w.silence("redis-2", {ErrorCode::unreachable, "pod default/redis-2 is Pending", "", "kubectl describe pod",
                                   "NOT_RUNNING"});
         },
         {"NODE_NOT_RUNNING", Severity::critical, "redis-2", "pod default/redis-2 is Pending", "kubectl describe pod"},
         Health::critical},
        {[](auto& w) {
             w.silence("redis-2", {ErrorCode::unreachable, "pod only sleeps", "", "x", "DIAGNOSTIC_MODE"});
         },
         {"NODE_NOT_RUNNING", Severity::critical, "redis-2", "pod only sleeps", "x"},
         Health::critical},
        {[](auto& w) {
             w.silence("redis-2",
                       {ErrorCode::unauthenticated, "redis-2 refused the password", "WRONGPASS", "x", "WRONGPASS"});
         },
         {"NODE_DENIED", Severity::critical, "redis-2", "redis-2 refused the password (WRONGPASS)", "x"},
         Health::critical},
        {[](auto& w) {
             w.silence("redis-2", {ErrorCode::server, "redis-2 is loading", "", "x", "LOADING"});
         },
         {"LOADING", Severity::critical, "redis-2", "redis-2 is loading", "x"},
         Health::critical},
        {[](auto& w) {
             w.silence("redis-2", {ErrorCode::protocol, "redis-2 speaks HTTP", "", "x", ""});
         },
         {"NODE_ERROR", Severity::critical, "redis-2", "redis-2 speaks HTTP", "x"},
         Health::critical},
        {[](auto& w) { w.view("redis-0").loading = true; },
         {"LOADING", Severity::critical, "redis-0", "redis-0 is loading its data and serves no commands yet",
          "redisctl info persistence" + at_redis},
         Health::critical},
        {[](auto& w) { w.view("redis-1").loading = true; },
         {"LOADING", Severity::warning, "redis-1", "redis-1 is loading its data and serves no commands yet",
          "redisctl info persistence" + at_redis},
         Health::degraded},
        {[](auto& w) {
             w.view("redis-1").link_up = false;
             w.view("redis-1").link_down_seconds = 12;
         },
         {"REPLICA_LINK_DOWN", Severity::critical, "redis-1", "redis-1 has no link to its master redis-0 for 12 s",
          "kubectl logs -n default redis-1 --all-containers --tail=50"},
         Health::critical},
        {[](auto& w) {
             w.view("redis-1").link_up = false;
             w.view("redis-1").sync_in_progress = true;
         },
         {"REPLICA_SYNCING", Severity::warning, "redis-1",
          "redis-1 is copying all data from redis-0: it cannot be promoted until it is done",
          "redisctl replication-info" + at_redis},
         Health::degraded},
        {[](auto& w) {
             w.view("redis-1").link_up = false;
             w.view("redis-1").replid = history_b;
         },
         {"REPLICA_ON_OTHER_HISTORY", Severity::warning, "redis-1",
          "redis-1 is on another replication history than redis-0: what only it has is lost when it follows again, "
          "with a full copy",
          "redisctl replication-info" + at_redis},
         Health::critical},
        {[](auto& w) { w.view("redis-1").applied_offset.reset(); },
         {"LAG_UNKNOWN", Severity::warning, "redis-1", "it is not known how far redis-1 is behind redis-0",
          "redisctl replica-lag" + at_redis},
         Health::degraded},
        {[](auto& w) { w.view("redis-1").read_only = false; },
         {"WRITABLE_REPLICA", Severity::warning, "redis-1",
          "redis-1 is a replica that takes writes: they are never replicated and vanish with its next full copy",
          "redisctl info replication" + at_redis},
         Health::degraded},
        {[](auto& w) { w.view("redis-1").master_host = "10.9.9.9"; },
         {"ORPHAN", Severity::critical, "redis-1", "redis-1 follows 10.9.9.9:6379, which is no node of this instance",
          "redisctl heal" + at_redis},
         Health::critical},
        {[](auto& w) { w.view("redis-0").failover_state = "waiting-for-sync"; },
         {"FAILOVER_IN_PROGRESS", Severity::warning, "redis-0",
          "redis-0 is in the middle of a failover: waiting-for-sync", "redisctl role" + at_redis},
         Health::degraded},
        {[](auto& w) { w.view("redis-2").version = "8.0.2"; },
         {"MIXED_VERSIONS", Severity::warning, "",
          "the nodes run different versions: redis 7.0.15 (redis-0), redis 8.0.2 (redis-2)",
          "redisctl version" + at_redis},
         Health::degraded},
    };
    for (const auto& one : cases) {
        World world(sb_replica());
        one.spoil(world);
        auto picture = world.look();
        check(picture, one.expected);
        CHECK(picture.health == one.health);
    }
}

TEST_CASE("A silent master is no lag unknown, its own finding says it") {
    World world(sb_replica());
    world.silence("redis-0");
    CHECK(codes(world.look()) == Texts{"NODE_UNREACHABLE redis-0"});
}

TEST_CASE("Two masters are a split, and every witness is named") {
    World world(sb_replica());
    world.promote("redis-1");
    auto picture = world.look();
    CHECK(codes(picture) == Texts{"SPLIT_BRAIN", "MASTER_DISAGREEMENT"});
    check(picture, {"SPLIT_BRAIN", Severity::critical, "",
                    "2 nodes are masters at once: redis-0, redis-1; what one of them takes, the others do not get",
                    "redisctl heal" + at_redis});
    check(picture, {"MASTER_DISAGREEMENT", Severity::critical, "",
                    "the witnesses name different masters: role redis-0, role redis-2, service redis, service "
                    "redis-master say redis-0; role redis-1 says redis-1",
                    "redisctl master-info" + at_redis});
    CHECK(picture.master == "");
}

TEST_CASE("A sentence about a thousand nodes stays one") {
    World world(sb_replica("redis", "redis", 9));
    world.promote("redis-1");
    CHECK(finding(world.look(), "MASTER_DISAGREEMENT")->message ==
          "the witnesses name different masters: role redis-0, role redis-2, role redis-3, role redis-4, role redis-5 "
          "and 5 more say redis-0; role redis-1 says redis-1");
}

TEST_CASE("No master: all follow somebody, or the one that was is silent") {
    World world(sb_replica());
    world.follow("redis-0", "redis-1");
    world.follow("redis-1", "redis-0");
    for (const char* name : {"redis-0", "redis-1"}) world.view(name).link_up = false;
    auto picture = world.look();
    check(picture, {"NO_MASTER", Severity::critical, "", "no node is a master: every write is refused",
                    "redisctl heal" + at_redis});
    check(picture, {"REPLICATION_LOOP", Severity::critical, "",
                    "redis-0, redis-1 follow each other in a circle: none of them has a master, and all refuse writes",
                    "redisctl heal" + at_redis});

    World silent(sb_replica());
    silent.silence("redis-0");
    for (const char* name : {"redis-1", "redis-2"}) silent.view(name).link_up = false;
    check(silent.look(), {"NO_MASTER", Severity::critical, "",
                          "no node that answered is a master; no answer from redis-0", "redisctl heal" + at_redis});
}

TEST_CASE("A master whose pod is being deleted is no stranger") {
    auto listed = sb_replica();
    const auto address = listed.pods.at(0).ip;
    listed.pods.at(0).meta.terminating = true;
    World world(std::move(listed));
    for (const char* name : {"redis-1", "redis-2"}) world.view(name) = replica_view(name, address, 6379);
    auto picture = world.look();
    check(picture, {"MASTER_TERMINATING", Severity::critical, "redis-1",
                    "redis-1 follows redis-0, which is being deleted and still answers it",
                    "redisctl failover --dry-run" + at_redis});
    check(picture, {"NO_MASTER", Severity::critical, "", "no node is a master; being deleted, and followed: redis-0",
                    "redisctl failover --dry-run" + at_redis});
    CHECK(!finding(picture, "ORPHAN"));

    for (const char* name : {"redis-1", "redis-2"}) world.view(name).link_up = false;
    picture = world.look();
    CHECK(finding(picture, "REPLICA_LINK_DOWN"));
    check(picture, {"MASTER_TERMINATING", Severity::critical, "redis-1",
                    "redis-1 follows redis-0, which is being deleted", "redisctl failover --dry-run" + at_redis});
    check(picture, {"NO_MASTER", Severity::critical, "", "no node is a master; being deleted, and followed: redis-0",
                    "redisctl failover --dry-run" + at_redis});

    world.view("redis-1").master_host = "redis-0.redis-headless.default.svc.cluster.local";
    world.view("redis-2").master_host = "10.9.9.9";
    picture = world.look();
    CHECK(finding(picture, "MASTER_TERMINATING")->node == "redis-1");
    CHECK(finding(picture, "ORPHAN")->node == "redis-2");
}

TEST_CASE("A circle of three is one finding") {
    World world({{"a", 1}, {"b", 1}, {"c", 1}});
    world.follow("a:1", "b:1");
    world.follow("b:1", "c:1");
    world.follow("c:1", "a:1");
    auto picture = world.look();
    auto loop = finding(picture, "REPLICATION_LOOP");
    REQUIRE(loop);
    CHECK(loop->message ==
          "a:1, b:1, c:1 follow each other in a circle: none of them has a master, and all refuse writes");
    CHECK(loop->hint == "redisctl heal --host a:1 --host b:1 --host c:1");
    CHECK_FALSE(finding(picture, "REPLICA_OF_REPLICA"));
}

TEST_CASE("A node that follows itself has no master") {
    World world(sb_replica());
    world.follow("redis-1", "redis-1");
    check(world.look(),
          {"SELF_FOLLOWING", Severity::critical, "redis-1",
           "redis-1 is told to follow itself: it has no master and refuses writes", "redisctl heal" + at_redis});
}

TEST_CASE("When nobody answers, health is unknown and no master is missed") {
    World world(sb_replica());
    for (const char* name : {"redis-0", "redis-1", "redis-2"}) world.silence(name);
    auto picture = world.look();
    CHECK(picture.health == Health::unknown);
    CHECK(codes(picture) == Texts{"NODE_UNREACHABLE redis-0", "NODE_UNREACHABLE redis-1", "NODE_UNREACHABLE redis-2"});
    CHECK(picture.nodes[0].address == "10.0.1.0:6379");
    CHECK(picture.nodes[0].error->message == "redis did not answer");
}

TEST_CASE("A chart's master that is not at home is drift") {
    World world(sb_replica());
    auto lines = world.view("redis-0").replicas;
    world.view("redis-1") = master_view("run-1");
    world.follow("redis-0", "redis-1");
    world.follow("redis-2", "redis-1");
    auto picture = world.look();
    check(picture, {"HOME_DRIFT", Severity::critical, "redis-1",
                    "redis-1 is the master, but the chart makes another pod the master at every start: the restart of "
                    "any pod can undo this and lose what was written since",
                    "redisctl return-home" + at_redis});
    check(picture,
          {"SERVICE_ROUTES_TO_REPLICA", Severity::critical, "", "Service redis leads to redis-0, which refuses writes",
           "kubectl get endpointslices -l kubernetes.io/service-name=redis -o wide -n default"});

    World bitnami(bitnami_replication(1));
    bitnami.view("redis-replicas-0") = master_view("run-1");
    bitnami.follow("redis-master-0", "redis-replicas-0");
    CHECK(finding(bitnami.look(), "HOME_DRIFT")->node == "redis-replicas-0");
}

TEST_CASE("A label that is late is named, whichever way it lies") {
    World world(spotahome("cache", 2));
    world.view("rfr-cache-1") = master_view("run-1");
    world.follow("rfr-cache-0", "rfr-cache-1");
    auto picture = world.look();
    CHECK(codes(picture) == Texts{"MASTER_DISAGREEMENT", "SERVICE_ROUTES_TO_REPLICA", "ROLE_LABEL_MISMATCH rfr-cache-0",
                                  "ROLE_LABEL_MISMATCH rfr-cache-1"});
    check(picture, {"ROLE_LABEL_MISMATCH", Severity::warning, "rfr-cache-0",
                    "pod rfr-cache-0 is labelled redisfailovers-role=master but is a replica",
                    "redisctl label sync --dry-run -n default --instance cache"});
}

TEST_CASE("A Service that leads to nothing") {
    auto listed = bitnami_sentinel(2, true);
    for (auto& one : listed.pods) one.meta.labels["isMaster"] = "false";
    make_slices(listed);
    auto picture = World(std::move(listed)).look();
    CHECK(codes(picture) == Texts{"SERVICE_WITHOUT_ENDPOINTS", "ROLE_LABEL_MISMATCH redis-node-0"});
    check(picture, {"SERVICE_WITHOUT_ENDPOINTS", Severity::critical, "",
                    "Service redis-master leads to nothing: who writes through it fails",
                    "kubectl get endpointslices -l kubernetes.io/service-name=redis-master -o wide -n default"});

    auto replicas = bitnami_replication(1);
    replicas.services[2].selector["x"] = "y";
    replicas.services[2].selector.erase("app.kubernetes.io/component");
    for (auto& one : replicas.pods) one.meta.labels["x"] = "y";
    make_slices(replicas);
    World world(std::move(replicas));
    for (auto& slice : world.instance().slices)
        if (slice.service == "redis-replicas") slice.endpoints.clear();
    check(world.look(), {"SERVICE_WITHOUT_ENDPOINTS", Severity::warning, "", "Service redis-replicas leads to nothing",
                         "kubectl get endpointslices -l kubernetes.io/service-name=redis-replicas -o wide -n default"});
}

TEST_CASE("Each trouble with Sentinels has its finding") {
    struct Case {
        void (*spoil)(World&);
        Expected expected;
    };
    auto status = "redisctl sentinel check" + at_redis;
    Case cases[] = {
        {[](auto& w) { w.sentinel(0).masters[0].host = "10.0.6.1"; },
         {"SENTINEL_DISAGREEMENT", Severity::critical, "",
          "the Sentinels name different masters: redis-master-0, redis-slave-0", "redisctl master-info" + at_redis}},
        {[](auto& w) { w.sentinel(1).masters[0].flags = "master,s_down,o_down"; },
         {"SENTINEL_MASTER_DOWN", Severity::critical, "", "the Sentinels agree that the master is down", status}},
        {[](auto& w) { w.sentinel(1).masters.clear(); },
         {"SENTINEL_WATCHES_NOTHING", Severity::warning, "redis-sentinel-5c-b",
          "Sentinel redis-sentinel-5c-b watches no master of this instance", "redisctl sentinel sync" + at_redis}},
        {[](auto& w) {
             for (size_t i = 0; i < 3; i++) w.sentinel(i).masters[0].known_sentinels = 4;
         },
         {"SENTINEL_GHOSTS", Severity::warning, "",
          "the Sentinels remember 5 of their kind, but there are 3: the gone ones still count for the majority",
          "redisctl sentinel reset" + at_redis}},
        {[](auto& w) {
             for (size_t i = 0; i < 3; i++) w.sentinel(i).masters[0].known_sentinels = 6;
         },
         {"SENTINEL_NO_QUORUM", Severity::critical, "", "3 of 7 Sentinels answer, and a failover needs 4", status}},
        {[](auto& w) {
             for (size_t i = 0; i < 2; i++) w.answers().sentinels[i] = fail(ErrorCode::timeout, "no answer");
         },
         {"SENTINEL_NO_QUORUM", Severity::critical, "", "1 of 3 Sentinels answer, and a failover needs 2", status}},
        {[](auto& w) { w.answers().sentinels[0] = fail(ErrorCode::timeout, "no answer"); },
         {"NODE_UNREACHABLE", Severity::critical, "redis-sentinel-5c-a", "no answer",
          "kubectl logs -n default redis-sentinel-5c-a --all-containers --tail=50"}},
    };
    for (const auto& one : cases) {
        World world(hand_written());
        one.spoil(world);
        check(world.look(), one.expected);
    }
}

TEST_CASE("Sentinels that were given by hand are not counted as all there are") {
    World world({{"10.0.0.1", 6379}, {"10.0.0.2", 6379}});
    fleet::Node node;
    node.name = "10.0.0.9:26379";
    node.kind = fleet::NodeKind::sentinel;
    node.address = {"10.0.0.9", 26379};
    world.instance().sentinels.push_back(node);
    redis::SentinelMaster watched;
    watched.host = "10.0.0.1";
    watched.port = 6379;
    watched.known_sentinels = 2;
    watched.quorum = 2;
    redis::SentinelView view;
    view.masters = {watched};
    world.answers().sentinels.push_back(view);
    auto picture = world.look();
    CHECK(codes(picture).empty());
    CHECK(picture.system == "sentinel");
    CHECK(picture.sentinels[0].master_node == "10.0.0.1:6379");
}

TEST_CASE("Findings stand with the critical ones first, and never without an instance") {
    World world(sb_replica());
    world.view("redis-1").read_only = false;
    world.silence("redis-2");
    auto picture = world.look();
    CHECK(codes(picture) == Texts{"NODE_UNREACHABLE redis-2", "WRITABLE_REPLICA redis-1"});
    for (const auto& one : picture.findings) CHECK(one.instance == "default/redis");
}
