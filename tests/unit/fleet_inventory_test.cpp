#include "fleet/inventory.h"
#include "tests/support/kube_builders.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using fleet::Listed;

namespace {

using Names = std::vector<std::string>;

Names names(const std::vector<fleet::Node>& nodes) {
    Names out;
    for (const auto& node : nodes) out.push_back(node.name);
    return out;
}

Names full_names(const fleet::Inventory& inventory) {
    Names out;
    for (const auto& instance : inventory.instances) out.push_back(instance.full_name());
    return out;
}

Names service_names(const fleet::Instance& instance) {
    Names out;
    for (const auto& one : instance.services) out.push_back(one.meta.name);
    return out;
}

Listed only(std::vector<kube::Pod> pods) {
    Listed out;
    out.pods = std::move(pods);
    return out;
}

}  // namespace

TEST_CASE("Each of the known systems is one instance with its nodes, Sentinels and Services") {
    struct Case {
        const char* what;
        Listed listed;
        std::string name;
        Names nodes, sentinels, services;
    };
    Case cases[] = {
        {"sb chart",
         sb_replica(),
         "default/redis",
         {"redis-0", "redis-1", "redis-2"},
         {},
         {"redis", "redis-headless", "redis-master"}},
        {"sb chart, standalone", sb_standalone(1), "default/redis", {"redis-0"}, {}, {"redis"}},
        {"Bitnami replication",
         bitnami_replication(2),
         "default/redis",
         {"redis-master-0", "redis-replicas-0", "redis-replicas-1"},
         {},
         {"redis-headless", "redis-master", "redis-replicas"}},
        {"Bitnami with Sentinel",
         bitnami_sentinel(2),
         "default/redis",
         {"redis-node-0", "redis-node-1"},
         {"redis-node-0/sentinel", "redis-node-1/sentinel"},
         {"redis", "redis-headless"}},
        {"Spotahome operator",
         spotahome("cache", 2),
         "default/cache",
         {"rfr-cache-0", "rfr-cache-1"},
         {"rfs-cache-5c-a", "rfs-cache-5c-b"},
         {"rfrm-cache", "rfs-cache"}},
        {"hand-written",
         hand_written(),
         "default/redis",
         {"redis-master-0", "redis-slave-0", "redis-slave-1"},
         {"redis-sentinel-5c-a", "redis-sentinel-5c-b", "redis-sentinel-5c-c"},
         {"redis-master", "redis-sentinel", "redis-slave"}},
    };
    for (auto& one : cases) {
        CAPTURE(one.what);
        auto inventory = fleet::make_inventory(std::move(one.listed));
        CHECK(full_names(inventory) == Names{one.name});
        const auto& instance = inventory.instances.at(0);
        CHECK(names(instance.nodes) == one.nodes);
        CHECK(names(instance.sentinels) == one.sentinels);
        CHECK(service_names(instance) == one.services);
        CHECK(instance.slices.size() == one.services.size());
        CHECK(instance.services_known);
        CHECK(instance.pods.size() >= one.nodes.size());
    }
}

TEST_CASE("A node says where it is and by which name") {
    auto inventory = fleet::make_inventory(sb_replica());
    const auto& node = inventory.instances.at(0).nodes.at(1);
    CHECK(node.kind == fleet::NodeKind::redis);
    CHECK(node.ns == "default");
    CHECK(node.pod == "redis-1");
    CHECK(node.k8s_node == "n1");
    CHECK(node.address == net::HostPort{"10.0.1.1", 6379});
    CHECK(node.dns_name == "redis-1.redis-headless.default.svc");
    CHECK(node.labels.at("app.kubernetes.io/instance") == "redis");
    CHECK_FALSE(node.not_running);
    CHECK_FALSE(node.tls.enabled);
}

TEST_CASE("Two releases in one namespace are two instances, each with its own Services and Secret") {
    auto inventory = fleet::make_inventory(
        both(sb_replica("cache", "cache-redis", 2, 1), sb_replica("queue-redis", "queue-redis", 2, 2)));
    REQUIRE(full_names(inventory) == Names{"default/cache", "default/queue-redis"});
    CHECK(names(inventory.instances[0].nodes) == Names{"cache-redis-0", "cache-redis-1"});
    CHECK(service_names(inventory.instances[1]) == Names{"queue-redis", "queue-redis-headless", "queue-redis-master"});
    CHECK(inventory.instances[0].nodes[0].password->name == "cache-redis");
    CHECK(inventory.instances[1].nodes[0].password->name == "queue-redis");
}

TEST_CASE("Two RedisFailovers, and a release of the same name, stay apart") {
    auto inventory = fleet::make_inventory(both(both(spotahome("redis", 1), spotahome("blue", 1)), sb_replica()));
    CHECK(full_names(inventory) == Names{"default/blue", "default/redis", "default/rfr-redis"});
}

TEST_CASE("Names are in natural order") {
    auto inventory = fleet::make_inventory(sb_replica("redis", "redis", 11));
    auto list = names(inventory.instances.at(0).nodes);
    CHECK(list[2] == "redis-2");
    CHECK(list[10] == "redis-10");
}

TEST_CASE("What stands beside Redis and is none is left out") {
    auto exporter = pod("redis-metrics-0", helm("redis"), "10.0.1.9");
    exporter.containers = {container("metrics", {"redis_exporter"}, 9121)};
    exporter.containers[0].image = "oliver006/redis_exporter:v1";
    auto hook = pod("redis-test-connection", helm("redis"), "10.0.1.10");
    hook.meta.annotations["helm.sh/hook"] = "test";
    auto terminating = pod("redis-5", helm("redis"), "10.0.1.11");
    terminating.meta.terminating = true;
    auto finished = pod("redis-backup-x", helm("redis"), "10.0.1.12");
    finished.meta.owners = {{"Job", "redis-backup", true}};
    finished.phase = "Succeeded";
    auto evicted = deployment_pod("redis", "old", helm("redis"), "", container("redis", {"redis-server"}, 6379));
    evicted.phase = "Failed";
    auto client = pod("redis-test", {{"run", "redis-test"}}, "10.0.1.13");
    client.meta.owners.clear();
    client.containers = {container("redis", {})};
    client.containers[0].args = {"redis-cli", "-h", "redis"};
    auto haproxy = deployment_pod("haproxy", "a", {{"app", "haproxy"}}, "10.0.1.14", container("haproxy", {}, 6379));
    haproxy.containers[0].image = "haproxy:2.6";
    auto web = deployment_pod("web", "a", {{"app", "web"}}, "10.0.1.15", container("web", {}, 8080));
    web.containers[0].image = "shop:1";
    auto sleeper = pod("debug-0", {{"app", "debug"}}, "10.0.1.16");
    sleeper.containers = {container("debug", {"sleep", "infinity"})};

    auto listed = sb_replica("redis", "redis", 1);
    for (const auto& other : {exporter, hook, terminating, finished, evicted, client, haproxy, web, sleeper})
        listed.pods.push_back(other);
    auto inventory = fleet::make_inventory(std::move(listed));
    REQUIRE(full_names(inventory) == Names{"default/redis"});
    CHECK(names(inventory.instances[0].nodes) == Names{"redis-0"});
    CHECK(inventory.instances[0].pods.size() == 1);
    REQUIRE(inventory.pods.size() == 2);  // who changes something asks whether a pod is being deleted
    CHECK(inventory.pods[1].meta.terminating);
    CHECK(names(inventory.instances[0].leaving) == Names{"redis-5"});
}

TEST_CASE("Redis and Sentinel are told by command, name, port and image") {
    struct Case {
        kube::Container container;
        Names nodes, sentinels;
        uint16_t port;
    };
    auto image = [](std::string name, std::vector<std::string> args = {}) {
        auto out = container("main", {});
        out.image = std::move(name);
        out.args = std::move(args);
        return out;
    };
    auto named_port = container("main", {"/entry.sh"});
    named_port.image = "registry.example.com:5000/own/store";
    named_port.ports = {{"tcp-redis", 7000}};
    auto sentinel_port = container("main", {"/entry.sh"}, 26379);
    auto with_env = container("redis", {"/run.sh"}, 6379);
    with_env.env = {env("REDIS_PORT", "6400")};
    auto linked = container("redis", {"/run.sh"});
    linked.env = {env("REDIS_PORT", "tcp://10.96.0.1:6379")};
    Case cases[] = {
        {container("x", {"valkey-server", "--port", "6390"}), {"p-0"}, {}, 6390},
        {container("x", {"sh", "-c", "exec /usr/bin/redis-server --port 6391 --save ''"}), {"p-0"}, {}, 6391},
        {container("x", {"redis-sentinel", "/s.conf"}), {}, {"p-0"}, 26379},
        {container("x", {"sh", "-c",
                         "until redis-cli ping; do sleep 1; done; exec redis-server /s.conf --sentinel --port 26380"}),
         {},
         {"p-0"},
         26380},
        {container("redis", {"/start.sh"}), {"p-0"}, {}, 6379},
        {container("my-sentinel", {"/start.sh"}), {}, {"p-0"}, 26379},
        {image("redis:7"), {"p-0"}, {}, 6379},
        {image("docker.io/valkey/valkey@sha256:00", {"--maxmemory", "1gb"}), {"p-0"}, {}, 6379},
        {image("bitnami/redis-sentinel:7"), {}, {"p-0"}, 26379},
        {named_port, {"p-0"}, {}, 7000},
        {sentinel_port, {}, {"p-0"}, 26379},
        {with_env, {"p-0"}, {}, 6400},
        {linked, {"p-0"}, {}, 6379},
    };
    for (auto& one : cases) {
        CAPTURE(one.container.image);
        CAPTURE(one.container.command);
        auto member = pod("p-0", {}, "10.0.0.1");
        member.containers = {one.container};
        auto inventory = fleet::make_inventory(only({member}));
        REQUIRE(inventory.instances.size() == 1);
        const auto& instance = inventory.instances[0];
        CHECK(names(instance.nodes) == one.nodes);
        CHECK(names(instance.sentinels) == one.sentinels);
        CHECK((instance.nodes.empty() ? instance.sentinels : instance.nodes).at(0).address.port == one.port);
    }
}

TEST_CASE("A pod with two Redis containers is two nodes") {
    auto member = pod("redis-0", {}, "10.0.0.1");
    member.containers.push_back(container("second", {"redis-server", "--port", "6380"}));
    auto inventory = fleet::make_inventory(only({member}));
    CHECK(names(inventory.instances.at(0).nodes) == Names{"redis-0", "redis-0/second"});
}

TEST_CASE("Services: metrics and another application's stay away, a role's Service stays while nobody has the role") {
    auto listed = bitnami_sentinel(2, true);
    for (auto& member : listed.pods) member.meta.labels["isMaster"] = "false";
    listed.services.push_back(
        service("web", {{"app.kubernetes.io/instance", "redis"}, {"app.kubernetes.io/component", "web"}}));
    listed.services.push_back(service("nothing", {}));
    auto elsewhere =
        service("elsewhere", {{"app.kubernetes.io/name", "redis"}, {"app.kubernetes.io/instance", "redis"}});
    elsewhere.meta.ns = "other";
    listed.services.push_back(elsewhere);
    auto inventory = fleet::make_inventory(std::move(listed));
    CHECK(service_names(inventory.instances.at(0)) == Names{"redis", "redis-headless", "redis-master"});
}

TEST_CASE("A Service pinned to a pod that is gone still belongs to its StatefulSet") {
    auto listed = sb_replica();
    listed.pods.erase(listed.pods.begin());
    listed.services.push_back(service("bare", {{"statefulset.kubernetes.io/pod-name", "redis-0"}}));
    listed.services.push_back(service("foreign", {{"statefulset.kubernetes.io/pod-name", "other-0"}}));
    auto inventory = fleet::make_inventory(std::move(listed));
    CHECK(service_names(inventory.instances.at(0)) == Names{"bare", "redis", "redis-headless", "redis-master"});
}

TEST_CASE("Services that may not be listed are unknown, not absent") {
    auto listed = sb_replica();
    listed.services.clear();
    listed.slices.clear();
    listed.services_known = false;
    CHECK_FALSE(fleet::make_inventory(std::move(listed)).instances.at(0).services_known);
}

TEST_CASE("Why a pod cannot be asked") {
    struct Case {
        const char* what;
        void (*spoil)(kube::Pod&);
        std::string message, reason, hint;
    };
    Case cases[] = {
        {"image",
         [](auto& p) {
             p.phase = "Pending";
             p.statuses = {{"redis", "ImagePullBackOff", false, false, 0}};
         },
         "pod default/redis-0 is Pending: ImagePullBackOff", "NOT_RUNNING", "kubectl describe pod -n default redis-0"},
        {"unscheduled", [](auto& p) { p.phase = "Pending"; }, "pod default/redis-0 is Pending", "NOT_RUNNING",
         "kubectl describe pod -n default redis-0"},
        {"crash",
         [](auto& p) {
             p.statuses = {{"redis", "CrashLoopBackOff", false, false, 7}};
         },
         "pod default/redis-0 keeps crashing: container redis is in CrashLoopBackOff after 7 restarts", "NOT_RUNNING",
         "kubectl logs -c redis --previous -n default redis-0"},
        {"ended",
         [](auto& p) {
             p.statuses = {{"redis", "", false, false, 0}};
         },
         "pod default/redis-0 has ended its container redis", "NOT_RUNNING",
         "kubectl logs -c redis --previous -n default redis-0"},
        {"failed", [](auto& p) { p.phase = "Failed"; }, "pod default/redis-0 is Failed", "NOT_RUNNING",
         "kubectl describe pod -n default redis-0"},
        {"no IP", [](auto& p) { p.ip.clear(); }, "pod default/redis-0 has no IP yet", "NOT_RUNNING",
         "kubectl describe pod -n default redis-0"},
        {"node lost", [](auto& p) { p.phase = "Unknown"; }, "pod default/redis-0 is Unknown", "NOT_RUNNING",
         "kubectl describe pod -n default redis-0"},
        {"diagnostic mode",
         [](auto& p) {
             p.containers[0].command = {"sleep"};
             p.containers[0].args = {"infinity"};
         },
         "pod default/redis-0 is in diagnostic mode: container redis only sleeps, nothing listens in it",
         "DIAGNOSTIC_MODE", "kubectl describe pod -n default redis-0"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        auto listed = sb_replica("redis", "redis", 1);
        one.spoil(listed.pods[0]);
        auto inventory = fleet::make_inventory(std::move(listed));
        const auto& node = inventory.instances.at(0).nodes.at(0);
        REQUIRE(node.not_running);
        CHECK(node.not_running->code == ErrorCode::unreachable);
        CHECK(node.not_running->message == one.message);
        CHECK(node.not_running->reason == one.reason);
        CHECK(node.not_running->hint == one.hint);
    }
}

TEST_CASE("Another container that crashes does not make Redis unreachable") {
    auto listed = sb_replica("redis", "redis", 1);
    listed.pods[0].statuses = {{"metrics", "CrashLoopBackOff", false, false, 3}, {"redis", "", true, true, 0}};
    CHECK_FALSE(fleet::make_inventory(std::move(listed)).instances.at(0).nodes.at(0).not_running);
}

TEST_CASE("Sentinels alone wait until they have said whom they watch") {
    auto listed = sb_replica();
    listed.pods.push_back(deployment_pod("watch", "a", {{"app", "watch"}}, "10.0.9.1", sentinel_container()));
    listed.services.push_back(service("watch", {{"app", "watch"}}, 26379));
    make_slices(listed);
    auto inventory = fleet::make_inventory(std::move(listed));
    REQUIRE(full_names(inventory) == Names{"default/redis", "default/watch"});
    CHECK_FALSE(fleet::join_by_sentinel(inventory, 1, {{"10.9.9.9", 6379}, {"", 6379}}));
    CHECK_FALSE(fleet::join_by_sentinel(inventory, 1, {{"10.0.1.0", 6380}}));
    CHECK_FALSE(fleet::join_by_sentinel(inventory, 0, {{"10.0.1.0", 6379}}));
    REQUIRE(fleet::join_by_sentinel(inventory, 1, {{"redis-0.redis-headless.default.svc.cluster.local", 6379}}));
    REQUIRE(full_names(inventory) == Names{"default/redis"});
    CHECK(names(inventory.instances[0].sentinels) == Names{"watch-5c-a"});
    CHECK(inventory.instances[0].pods.size() == 4);
    CHECK(service_names(inventory.instances[0]).size() == 4);
}
