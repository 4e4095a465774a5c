#include "fleet/grouping.h"
#include "tests/support/kube_builders.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;

namespace {

struct Shape {
    std::string name;  // of the pod
    kube::Labels labels;
    std::vector<std::string> command = {"redis-server"};
};

// "name: pod pod; name: pod"
std::string grouped(const std::vector<Shape>& shapes, const std::vector<kube::Service>& services = {}) {
    std::vector<kube::Pod> pods;
    for (const auto& shape : shapes) {
        auto one = pod(shape.name, shape.labels, "10.0.0." + std::to_string(pods.size()));
        one.containers = {container("main", shape.command)};
        pods.push_back(std::move(one));
    }
    std::vector<fleet::Member> members;
    for (const auto& one : pods) members.push_back({&one, fleet::processes(one)});
    std::string out;
    for (const auto& group : fleet::group_members(std::move(members), services)) {
        out += (out.empty() ? "" : "; ") + group.name + ":";
        for (const auto& member : group.members) out += " " + member.pod->meta.name;
    }
    return out;
}

const std::vector<std::string> sentinel = {"redis-sentinel", "/s.conf"};

}  // namespace

TEST_CASE("The family of a workload is its name without the role") {
    struct Case {
        const char *name, *family;
    };
    for (auto [name, family] : {Case{"redis-master", "redis"},
                                {"redis-replicas", "redis"},
                                {"my-redis-slave", "my-redis"},
                                {"redis-node", "redis"},
                                {"redis-sentinel", "redis"},
                                {"redis", "redis"},
                                {"sentinel", ""},
                                {"master", ""},
                                {"webmaster", "webmaster"},
                                {"", ""}})
        CHECK(fleet::family(name) == family);
}

TEST_CASE("The workload of a pod is what made it") {
    auto one = pod("redis-0", {}, "10.0.0.1");
    CHECK(fleet::workload(one) == "redis");
    CHECK(fleet::workload(deployment_pod("redis-sentinel", "a", {}, "10.0.0.2", sentinel_container())) ==
          "redis-sentinel");
    one.meta.owners.clear();
    CHECK(fleet::workload(one) == "redis-0");
    one.meta.owners = {{"Node", "n1", true}};
    CHECK(fleet::workload(one) == "redis-0");
}

TEST_CASE("Pods of one system come together, those of two stay apart") {
    struct Case {
        const char* why;
        std::vector<Shape> shapes;
        std::string expected;
    };
    Case cases[] = {
        {"names before the role, no labels",
         {{"redis-master-0", {}}, {"redis-slave-0", {}}, {"redis-sentinel-0", {}, sentinel}},
         "redis: redis-master-0 redis-slave-0 redis-sentinel-0"},
        {"labels that carry the role",
         {{"redis-master-0", {{"app", "redis-master"}}}, {"redis-slave-0", {{"app", "redis-slave"}}}},
         "redis: redis-master-0 redis-slave-0"},
        {"one label for all, names apart",
         {{"alpha-0", {{"app", "shop"}, {"role", "master"}}}, {"beta-0", {{"app", "shop"}, {"role", "slave"}}}},
         "alpha: alpha-0 beta-0"},
        {"same label, but for different things",
         {{"cache-0", {{"app", "redis"}, {"tier", "cache"}}}, {"sessions-0", {{"app", "redis"}, {"tier", "sessions"}}}},
         "cache: cache-0; sessions: sessions-0"},
        {"called by the role alone",
         {{"redis-0", {{"app", "redis"}}}, {"sentinel-0", {{"app", "redis"}}, sentinel}},
         "redis: redis-0 sentinel-0"},
        {"part-of",
         {{"a-0", {{"app.kubernetes.io/part-of", "shop"}}}, {"b-0", {{"app.kubernetes.io/part-of", "shop"}}}},
         "shop: a-0 b-0"},
        {"part-of, but by other names",
         {{"a-0", {{"app.kubernetes.io/part-of", "shop"}, {"app.kubernetes.io/name", "cache"}}},
          {"b-0", {{"app.kubernetes.io/part-of", "shop"}, {"app.kubernetes.io/name", "queue"}}}},
         "a: a-0; b: b-0"},
        {"instance label, Sentinel by another name",
         {{"r-0", {{"app.kubernetes.io/instance", "shop"}, {"app.kubernetes.io/name", "redis"}}},
          {"w-0", {{"app.kubernetes.io/instance", "shop"}, {"app.kubernetes.io/name", "watch"}}, sentinel}},
         "shop: r-0 w-0"},
        {"one release, two charts of Redis in it",
         {{"shop-cache-0", {{"app.kubernetes.io/instance", "shop"}, {"app.kubernetes.io/name", "cache"}}},
          {"shop-queue-0", {{"app.kubernetes.io/instance", "shop"}, {"app.kubernetes.io/name", "queue"}}}},
         "shop-cache: shop-cache-0; shop-queue: shop-queue-0"},
        {"old Helm labels",
         {{"x-server-0", {{"app", "redis-ha"}, {"release", "x"}}},
          {"y-server-0", {{"app", "redis-ha"}, {"release", "y"}}}},
         "x: x-server-0; y: y-server-0"},
        {"arguments name the master",
         {{"main-0", {}}, {"copy-0", {}, {"redis-server", "--replicaof", "main-0.main", "6379"}}},
         "main: main-0 copy-0"},
        {"a script names the master",
         {{"main-0", {}},
          {"watch-0",
           {},
           {"sh", "-c", "echo 'sentinel monitor mymaster main-0.main 6379 2' > /s.conf; redis-sentinel /s.conf"}}},
         "main: main-0 watch-0"},
        {"arguments name somebody elsewhere",
         {{"main-0", {}}, {"copy-0", {}, {"redis-server", "--replicaof", "other.example.com", "6379"}}},
         "copy: copy-0; main: main-0"},
        {"two releases, whatever their names",
         {{"redis-master-0", helm("redis")}, {"redis-sentinel-master-0", helm("redis-sentinel")}},
         "redis: redis-master-0; redis-sentinel: redis-sentinel-master-0"},
        {"a release that copies from another",
         {{"old-0", helm("old")}, {"new-0", helm("new"), {"redis-server", "--replicaof", "old-0", "6379"}}},
         "new: new-0; old: old-0"},
        {"Sentinels that could watch either",
         {{"a-0", {{"app", "redis"}, {"x", "1"}}},
          {"b-0", {{"app", "redis"}, {"x", "2"}}},
          {"w-0", {{"app", "redis"}, {"x", "3"}}, sentinel}},
         "a: a-0; b: b-0; w: w-0"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.why);
        CHECK(grouped(one.shapes) == one.expected);
    }
}

TEST_CASE("A master that is named by its Service is found") {
    CHECK(grouped({{"main-0", {{"app", "main"}}},
                   {"copy-0", {{"app", "copy"}}, {"redis-server", "--replicaof", "store", "6379"}}},
                  {service("store", {{"app", "main"}})}) == "main: main-0 copy-0");
}

TEST_CASE("The same name in two namespaces is two groups") {
    auto a = pod("redis-0", {}, "10.0.0.1"), b = a;
    b.meta.ns = "blue";
    std::vector<fleet::Member> members = {{&a, fleet::processes(a)}, {&b, fleet::processes(b)}};
    auto groups = fleet::group_members(members, {});
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].ns == "blue");
    CHECK(groups[1].ns == "default");
}

TEST_CASE("An empty selector selects nothing") {
    CHECK_FALSE(fleet::selects({}, {{"a", "1"}}));
    CHECK(fleet::selects({{"a", "1"}}, {{"a", "1"}, {"b", "2"}}));
    CHECK_FALSE(fleet::selects({{"a", "1"}, {"b", "1"}}, {{"a", "1"}, {"b", "2"}}));
}

TEST_CASE("A master outside that happens to be near is not joined") {
    auto main = pod("main-0", {}, "10.0.0.1"), copy = pod("copy-0", {}, "10.0.0.2");
    auto grouped_with = [&](const char* name) {
        copy.containers[0].env = {env(name, "main-0.main")};
        std::vector<fleet::Member> members = {{&main, fleet::processes(main)}, {&copy, fleet::processes(copy)}};
        return fleet::group_members(members, {}).size();
    };
    CHECK(grouped_with("REDIS_MASTER_HOST") == 1);
    CHECK(grouped_with("REDIS_EXTERNAL_MASTER_HOST") == 2);
}
