#include "tests/support/world.h"
#include "topology/operator.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;

namespace {

using Lines = std::vector<std::string>;

// A picture as of the operator's pods; what they look like is the recognition's own test.
struct Operated {
    Operated() : world(sb_replica()) {
        picture = world.look();
        picture.system = "spotahome";
        spec.name = "cache";
        spec.redis = 3;
        spec.sentinels = 0;
    }

    Lines codes() const {
        Lines all;
        for (const Finding& finding : picture.findings) all.push_back(finding.code);
        return all;
    }
    void add() { topology::add_failover_spec(picture, world.instance(), spec); }

    World world;
    topology::Picture picture;
    kube::FailoverSpec spec;
};

}  // namespace

TEST_CASE("A RedisFailover that fits its pods adds nothing") {
    Operated it;
    it.add();
    CHECK(it.codes() == Lines{});
    CHECK(it.picture.system == "spotahome");
    CHECK(it.picture.health == topology::Health::healthy);
}

TEST_CASE("Bootstrap mode is what the RedisFailover says") {
    Operated it;
    it.spec.bootstrap_host = "10.0.0.9";
    it.spec.bootstrap_port = "6379";
    it.picture.findings.push_back({"ORPHAN", Severity::warning, "", "redis-0", "", ""});
    it.add();
    CHECK(it.picture.system == "spotahome-bootstrap");
    CHECK(it.picture.evidence.back() == "RedisFailover cache has bootstrapNode 10.0.0.9:6379");
    CHECK(it.codes() == Lines{});
}

TEST_CASE("Too few pods, two masters, and a resource that is gone or not to be read") {
    Operated few;
    few.spec.redis = 5;
    few.add();
    REQUIRE(few.codes() == Lines{"OPERATOR_COUNT"});
    CHECK(few.picture.findings.front().message ==
          "the RedisFailover wants 5 Redis pods, and there are 3: until that is so the operator heals nothing");
    CHECK(few.picture.health == topology::Health::degraded);

    Operated two;
    two.picture.nodes[1].view->role = redis::Role::master;
    two.add();
    CHECK(two.codes() == Lines{"OPERATOR_STANDS_STILL"});

    Operated gone;
    topology::add_failover_spec(gone.picture, gone.world.instance(), fail(ErrorCode::not_found, "no such thing"));
    CHECK(gone.codes() == Lines{"OPERATOR_RESOURCE_MISSING"});

    Operated denied;
    topology::add_failover_spec(denied.picture, denied.world.instance(), fail(ErrorCode::forbidden, "may not get"));
    REQUIRE(denied.codes() == Lines{"OPERATOR_RESOURCE_UNKNOWN"});
    CHECK(denied.picture.health == topology::Health::healthy);
}

TEST_CASE("Whether the operator runs is known only where its Deployment is found") {
    kube::Deployment deployment;
    deployment.meta.ns = "redis-operator";
    deployment.meta.name = "redis-operator";
    deployment.ready_replicas = 1;
    Operated runs;
    topology::add_operator(runs.picture, std::vector{deployment});
    CHECK(runs.codes() == Lines{});

    deployment.ready_replicas = 0;
    Operated down;
    topology::add_operator(down.picture, std::vector{deployment});
    REQUIRE(down.codes() == Lines{"OPERATOR_NOT_READY"});
    CHECK(down.picture.findings.front().message ==
          "the operator does not run: 0 of 1 pods of Deployment redis-operator/redis-operator are ready, so nobody "
          "heals and no label is set");

    Operated outside;
    topology::add_operator(outside.picture, std::vector<kube::Deployment>{});
    CHECK(outside.codes() == Lines{"OPERATOR_UNKNOWN"});
    Operated other;
    other.picture.system = "sb-replica";
    topology::add_operator(other.picture, fail(ErrorCode::forbidden, "may not list"));
    CHECK(other.codes() == Lines{});
}

TEST_CASE("What is read of a RedisFailover and of Deployments") {
    const auto plain = kube::parse_failover_spec(
        R"({"kind":"RedisFailover","metadata":{"name":"cache"},"spec":{"redis":{"replicas":5},"sentinel":{}}})");
    REQUIRE(plain);
    CHECK(plain->name == "cache");
    CHECK(plain->redis == 5);
    CHECK(plain->sentinels == 3);
    CHECK_FALSE(plain->bootstrapping());
    const auto bootstrap = kube::parse_failover_spec(
        R"({"kind":"RedisFailover","metadata":{"name":"cache"},"spec":{"bootstrapNode":{"host":"10.0.0.9"}}})");
    REQUIRE(bootstrap);
    CHECK(bootstrap->bootstrap_host == "10.0.0.9");
    CHECK(bootstrap->bootstrap_port == "6379");
    const auto list = kube::parse_deployments(
        R"({"kind":"DeploymentList","metadata":{},"items":[{"metadata":{"name":"a","namespace":"b"},"spec":{"replicas":2},"status":{"readyReplicas":1}}]})");
    REQUIRE(list);
    REQUIRE(list->items.size() == 1);
    CHECK(list->items[0].meta.name == "a");
    CHECK(list->items[0].replicas == 2);
    CHECK(list->items[0].ready_replicas == 1);
    CHECK_FALSE(kube::parse_failover_spec(R"({"kind":"Pod"})"));
}
