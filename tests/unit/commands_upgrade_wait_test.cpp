#include "commands/upgrade_wait.h"

#include "kube/rollout.h"

#include <doctest/doctest.h>

using namespace redisctl;

namespace {

constexpr int64_t max_lag = 1024;

// redis-0 is the master, redis-1 has been replaced and is as it should be.
struct World {
    kube::Pod pod;
    fleet::Instance instance;
    topology::Picture picture;
    std::vector<UpgradedSet> sets;

    World() {
        const auto rollout = kube::parse_rollout(
            R"({"kind":"StatefulSet","metadata":{"name":"redis","uid":"s","generation":2,"annotations":{"redisctl.io/upgrade":"{}"}},
                "spec":{"replicas":2,"updateStrategy":{"type":"OnDelete"},"template":{"spec":{"containers":[
                    {"name":"exporter","image":"exporter:1"},{"name":"redis","image":"redis:8.0","ports":[{"containerPort":6379}]}]}}},
                "status":{"observedGeneration":2,"replicas":2,"updateRevision":"redis-b"}})");
        REQUIRE(rollout);
        sets.push_back({*rollout, "redis", "redis:8.0", {}, true});
        pod.meta.name = "redis-1";
        pod.meta.uid = "new";
        pod.meta.labels = {{"controller-revision-hash", "redis-b"}};
        pod.meta.owners = {{"StatefulSet", "redis", true}};
        pod.containers = {kube::Container{}};
        pod.containers[0].name = "redis";
        pod.containers[0].image = "redis:8.0";
        pod.ready = true;
        fleet::Node node;
        node.name = node.pod = "redis-1";
        instance.nodes = {node};
        instance.pods = {&pod};
        picture.master = "redis-0";
        topology::NodePicture replica;
        replica.name = "redis-1";
        replica.master_node = "redis-0";
        replica.lag_bytes = 10;
        replica.view = redis::NodeView{};
        replica.view->role = redis::Role::replica;
        replica.view->link_up = true;
        replica.view->sync_in_progress = false;
        picture.nodes = {replica};
    }

    redis::NodeView& view() { return *picture.nodes[0].view; }
    std::string missing() const { return missing_of(instance, picture, sets, {"redis-1", "old"}, max_lag); }
};

}  // namespace

TEST_CASE("what an upgrade reads of a StatefulSet") {
    const World world;
    const kube::Rollout& rollout = world.sets[0].rollout;
    CHECK(rollout.seen());
    CHECK(rollout.annotated);
    CHECK(rollout.note == "{}");
    CHECK(rollout.strategy == R"({"type":"OnDelete"})");
    REQUIRE(rollout.find("redis") != nullptr);
    CHECK(rollout.find("redis")->image == "redis:8.0");
    CHECK(rollout.find("sentinel") == nullptr);
}

TEST_CASE("a Ready pod is not a replica that has caught up") {
    World world;
    CHECK(world.missing().empty());
    SUBCASE("its link is down") {
        world.view().link_up = false;
        CHECK(world.missing() == "the link of redis-1 to redis-0 is down");
    }
    SUBCASE("it syncs") {
        world.view().sync_in_progress = true;
        CHECK(world.missing() == "redis-1 is still syncing");
    }
    SUBCASE("it is behind") {
        world.picture.nodes[0].lag_bytes = 2 * max_lag;
        CHECK(world.missing() == "redis-1 is 2KiB behind");
    }
    SUBCASE("nobody knows how far it is behind") {
        world.picture.nodes[0].lag_bytes = std::nullopt;
        CHECK(world.missing() == "how far redis-1 is behind is unknown");
    }
    SUBCASE("it came back as a master") {
        world.view().role = redis::Role::master;
        CHECK(world.missing() == "redis-1 calls itself master");
    }
    SUBCASE("it follows another") {
        world.picture.nodes[0].master_node = "redis-2";
        CHECK(world.missing() == "redis-1 follows redis-2, not redis-0");
    }
    SUBCASE("it does not answer") {
        world.picture.nodes[0].view = std::nullopt;
        CHECK(world.missing() == "redis-1 does not answer");
    }
}

TEST_CASE("a pod that is not the new one, or not of the newest revision") {
    World world;
    SUBCASE("the old one") {
        world.pod.meta.uid = "old";
        CHECK(world.missing() == "pod redis-1 is not gone yet");
    }
    SUBCASE("none") {
        world.instance.pods.clear();
        CHECK(world.missing() == "pod redis-1 is not there yet");
    }
    SUBCASE("of the revision before") {
        world.pod.meta.labels = {{"controller-revision-hash", "redis-a"}};
        CHECK(world.missing() == "pod redis-1 is not of the newest revision");
    }
    SUBCASE("the controller has not seen the template") {
        world.sets[0].rollout.set.generation = 3;
        CHECK(world.missing() == "pod redis-1 is not of the newest revision");
    }
    SUBCASE("with another image") {
        world.pod.containers[0].image = "redis:7.0";
        CHECK(world.missing() == "pod redis-1 is not of the newest revision");
    }
    SUBCASE("its image cannot be had") {
        world.pod.ready = false;
        world.pod.statuses = {{"redis", "ImagePullBackOff", false, false, 0}};
        CHECK(world.missing() == "pod redis-1 is not Ready: container redis is ImagePullBackOff");
    }
}

TEST_CASE("critical findings of those that are still to be replaced are no news") {
    World world;
    world.picture.findings = {{"REPLICA_LINK_DOWN", Severity::critical, "redis", "redis-1", "down", ""},
                              {"HOME_DRIFT", Severity::critical, "redis", "redis-0", "away", ""},
                              {"LAG", Severity::warning, "redis", "redis-0", "far", ""}};
    CHECK(critical_findings(world.picture, {"redis-1"}).empty());
    CHECK(critical_findings(world.picture, {}) == "REPLICA_LINK_DOWN: down");
}
