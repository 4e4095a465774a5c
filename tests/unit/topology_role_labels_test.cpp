#include "tests/support/world.h"
#include "topology/role_labels.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

namespace {

// "redis-0 isMaster: false -> true"
Texts wrong(World& world) {
    Texts out;
    for (const topology::WrongLabel& one : topology::wrong_labels(world.instance(), world.look()))
        out.push_back(one.pod + " " + one.key + ": " + one.from + " -> " + one.to);
    return out;
}

std::string& label_of(World& world, size_t node, const std::string& key) {
    return world.instance().nodes[node].labels[key];
}

}  // namespace

TEST_CASE("Only a role's label is one, a component's name is not") {
    CHECK(topology::role_label({{"isMaster", "true"}, {"role", "slave"}}) == "isMaster=true");
    CHECK(topology::role_label({{"redisfailovers-role", "slave"}}) == "redisfailovers-role=slave");
    CHECK(topology::role_label({{"redis-role", "master"}}) == "redis-role=master");
    CHECK(topology::role_label({{"app.kubernetes.io/component", "master"}}) == "");
    CHECK(topology::role_label({{"role", "replication"}}) == "");
    CHECK(topology::says_master("isMaster=true") == true);
    CHECK(topology::says_master("isMaster=false") == false);
    CHECK(topology::says_master("role=slave") == false);
    CHECK(topology::says_master("") == std::nullopt);
}

TEST_CASE("One process under two names is one master") {
    World world({{"localhost", 6379}, {"10.0.0.2", 6379}, {"10.0.0.1", 6379}});
    world.view("10.0.0.1:6379") = world.view("localhost:6379");
    world.view("10.0.0.2:6379").master_host = "10.0.0.1";
    world.view("localhost:6379").replicas =
        world.view("10.0.0.1:6379").replicas = {{"10.0.0.2", 6379, "online", 990, 1}};
    auto picture = world.look();
    CHECK(picture.master == "localhost:6379");
    CHECK(picture.nodes[1].lag_bytes == 10);
    CHECK(codes(picture) == Texts{"SAME_PROCESS 10.0.0.1:6379"});
    CHECK(picture.findings[0].message == "localhost:6379 and 10.0.0.1:6379 are the same process");
}

TEST_CASE("A label is right when its pod's Redis says the same") {
    for (auto* listed : {+[] { return bitnami_sentinel(3, true); }, +[] { return spotahome("cache", 3); },
                         +[] { return sb_replica(); }}) {
        World world(listed());
        CHECK(wrong(world).empty());
    }
}

TEST_CASE("The words are those that the Services select by") {
    World world(bitnami_sentinel(3, true));
    SUBCASE("none has it: only the master needs it") {
        for (size_t i = 0; i < 3; i++) world.instance().nodes[i].labels.erase("isMaster");
        CHECK(wrong(world) == Texts{"redis-node-0 isMaster:  -> true"});
    }
    SUBCASE("two have it") {
        label_of(world, 2, "isMaster") = "true";
        CHECK(wrong(world) == Texts{"redis-node-2 isMaster: true -> false"});
    }
    SUBCASE("a replica has it") {
        label_of(world, 0, "isMaster") = "false";
        label_of(world, 1, "isMaster") = "true";
        CHECK(wrong(world) == Texts{"redis-node-0 isMaster: false -> true", "redis-node-1 isMaster: true -> false"});
    }
    SUBCASE("who is silent may be what his label says") {
        label_of(world, 1, "isMaster") = "true";
        world.silence("redis-node-1");
        CHECK(wrong(world).empty());
    }
    SUBCASE("a word that names no role is not ours") {
        label_of(world, 1, "isMaster") = "perhaps";
        CHECK(wrong(world).empty());
    }
}

TEST_CASE("Where a Service of replicas needs the label, a replica without it is wrong too") {
    World world(spotahome("cache", 3));
    world.instance().nodes[2].labels.erase("redisfailovers-role");
    CHECK(wrong(world).empty());
    auto reads = service("rfrs-cache", {{"redisfailovers-role", "slave"}});
    world.instance().services.push_back(reads);
    CHECK(wrong(world) == Texts{"rfr-cache-2 redisfailovers-role:  -> slave"});
}

TEST_CASE("Bitnami's app.kubernetes.io/role stands on replicas alone") {
    World world(bitnami_sentinel(2, true));
    label_of(world, 0, "app.kubernetes.io/role") = "slave";
    label_of(world, 1, "app.kubernetes.io/role") = "slave";
    CHECK(wrong(world) == Texts{"redis-node-0 app.kubernetes.io/role: slave -> "});
}

TEST_CASE("The Services that a label leads to the master") {
    World world(bitnami_sentinel(2, true));
    CHECK(topology::services_led_by(world.instance(), "isMaster") == Texts{"redis-master"});
    CHECK(topology::services_led_by(world.instance(), "role").empty());
}
