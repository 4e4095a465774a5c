#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

TEST_CASE("Each system is recognised, healthy, with its master and what gave it away") {
    struct Case {
        World world;
        std::string system, master;
        Texts evidence, findings;
    };
    Case cases[] = {
        {World(sb_replica()),
         "sb-replica",
         "redis-0",
         {"pod redis-0 has the init container setup-replication", "Service redis is pinned to pod redis-0",
          "Service redis-master is pinned to pod redis-0"},
         {}},
        {World(sb_standalone(1)),
         "sb-standalone",
         "redis-0",
         {"pod redis-0 is of chart redis-0.4.0 without a component, and its StatefulSet has the name of its Service"},
         {"NO_REPLICAS redis-0"}},
        {World(bitnami_replication(0)),
         "bitnami-standalone",
         "redis-master-0",
         {"pod redis-master-0 has the label app.kubernetes.io/component=master"},
         {"NO_REPLICAS redis-master-0"}},
        {World(bitnami_replication(2)),
         "bitnami-replication",
         "redis-master-0",
         {"pod redis-master-0 has the label app.kubernetes.io/component=master",
          "pod redis-replicas-0 has the label app.kubernetes.io/component=replica"},
         {}},
        {World(bitnami_sentinel(3)),
         "bitnami-sentinel",
         "redis-node-0",
         {"pod redis-node-0 has the label app.kubernetes.io/component=node",
          "pod redis-node-0 runs Redis and Sentinel"},
         {}},
        {World(bitnami_sentinel(3, true)),
         "bitnami-ismaster",
         "redis-node-0",
         {"pod redis-node-0 has the label app.kubernetes.io/component=node", "pod redis-node-0 runs Redis and Sentinel",
          "Service redis-master selects isMaster=true"},
         {}},
        {World(spotahome("cache", 3)),
         "spotahome",
         "rfr-cache-0",
         {"pod rfr-cache-0 has the label redisfailovers.databases.spotahome.com/name=cache"},
         {}},
        {World(hand_written()), "sentinel", "redis-master-0", {"redis-sentinel-5c-a runs Sentinel"}, {}},
        {World({{"10.0.0.1", 6379}}),
         "standalone",
         "10.0.0.1:6379",
         {"10.0.0.1:6379 is the only node"},
         {"NO_REPLICAS 10.0.0.1:6379"}},
        {World({{"10.0.0.1", 6379}, {"10.0.0.2", 6379}}),
         "generic",
         "10.0.0.1:6379",
         {"2 nodes without the marks of a known chart or operator"},
         {}},
    };
    for (auto& one : cases) {
        CAPTURE(one.system);
        auto picture = one.world.look();
        CHECK(picture.system == one.system);
        CHECK(picture.evidence == one.evidence);
        CHECK(picture.master == one.master);
        CHECK(codes(picture) == one.findings);
        CHECK(picture.health == topology::Health::healthy);
    }
}

TEST_CASE("--system replaces what was recognised and says so") {
    auto picture = World(sb_replica()).look("generic");
    CHECK(picture.system == "generic");
    CHECK(picture.evidence == Texts{"--system generic"});
}

TEST_CASE("The shape of the sb chart without its init container is told by the pinned Service") {
    auto listed = sb_replica();
    for (auto& one : listed.pods) one.init_containers.clear();
    CHECK(World(std::move(listed)).look().evidence ==
          Texts{"Service redis is pinned to pod redis-0", "Service redis-master is pinned to pod redis-0"});
}

TEST_CASE("A Service for each pod is no mark of the sb chart") {
    auto listed = bitnami_sentinel(2);
    listed.services.push_back(service("redis-node-0-svc", {{"statefulset.kubernetes.io/pod-name", "redis-node-0"}}));
    make_slices(listed);
    CHECK(World(std::move(listed)).look().system == "bitnami-sentinel");
}

TEST_CASE("Bitnami replication without a replica alive is told by the replicas' Service") {
    auto listed = bitnami_replication(1);
    listed.pods.pop_back();
    listed.services[2].selector["app.kubernetes.io/component"] = "replica";
    make_slices(listed);
    auto picture = World(std::move(listed)).look();
    CHECK(picture.system == "bitnami-replication");
    CHECK(picture.evidence == Texts{"pod redis-master-0 has the label app.kubernetes.io/component=master",
                                    "Service redis-replicas selects component=replica"});
}

TEST_CASE("A host that replicates with one that was not asked is not standalone") {
    World world({{"10.0.0.1", 6379}});
    world.view("10.0.0.1:6379").connected_replicas = 1;
    auto picture = world.look();
    CHECK(picture.system == "generic");
    CHECK(picture.evidence == Texts{"10.0.0.1:6379 replicates with a node that was not asked"});
}

TEST_CASE("Masters behind one Service that never followed one another are unrelated") {
    World world(sb_standalone(3));
    for (int i = 0; i < 3; i++) {
        auto& view = world.view("redis-" + std::to_string(i));
        view = master_view(view.run_id);
        view.replid = std::string(40, static_cast<char>('a' + i));
    }
    auto picture = world.look();
    CHECK(picture.system == "unrelated-masters");
    CHECK(picture.evidence.back() ==
          "Service redis leads to 3 masters that share no history, and nobody follows anybody");
    CHECK(picture.master == "");
    CHECK(codes(picture) == Texts{"UNRELATED_MASTERS"});
    CHECK(picture.findings[0].message ==
          "redis-0, redis-1, redis-2 are masters without replicas behind one Service: each client reads and writes one "
          "of them by chance");
    CHECK(picture.health == topology::Health::critical);

    SUBCASE("a common history means that they have split") {
        world.view("redis-1").replid2 = world.view("redis-0").replid;
        CHECK(codes(world.look()) == Texts{"SPLIT_BRAIN", "MASTER_DISAGREEMENT"});
    }
    SUBCASE("a replica among them means that they have split") {
        world.follow("redis-2", "redis-0");
        CHECK(world.look().system == "sb-standalone");
    }
    SUBCASE("a replica that was not asked means that they have split") {
        world.view("redis-2").connected_replicas = 1;
        CHECK(world.look().system == "sb-standalone");
    }
    SUBCASE("without a common Service they only have split") {
        world.instance().services.clear();
        CHECK(world.look().system == "sb-standalone");
    }
}

TEST_CASE("A Redis Cluster is named and not judged") {
    World world(sb_standalone(3));
    for (int i = 0; i < 3; i++) {
        world.view("redis-" + std::to_string(i)) = master_view("run-" + std::to_string(i));
        world.view("redis-" + std::to_string(i)).mode = "cluster";
    }
    auto picture = world.look();
    CHECK(picture.system == "cluster-mode");
    CHECK(picture.evidence == Texts{"redis-0 says redis_mode:cluster"});
    CHECK(codes(picture) == Texts{"CLUSTER_MODE"});
    CHECK(picture.findings[0].severity == Severity::warning);
    CHECK(picture.master == "");
    CHECK(picture.health == topology::Health::degraded);
}
