#include "failover/pre_checks.h"
#include "tests/unit/failover_healthy_facts.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using namespace redisctl::testing;

namespace {

std::vector<Check> checks_of(const Facts& facts, const Wish& wish = {}, const std::string& target = "redis-1") {
    const auto checks = pre_checks(facts, wish, target);
    REQUIRE(checks);
    return *checks;
}

std::vector<std::string> refusals(const std::vector<Check>& checks) {
    std::vector<std::string> names;
    for (const Check& check : checks)
        if (refuses(check)) names.push_back(check.name);
    return names;
}

Error denied(const std::string& what) {
    return {ErrorCode::forbidden, "the node does not permit " + what + " to this user", {}, {}, "NOPERM"};
}

struct Case {
    const char* check;
    std::function<void(FactsWorld&)> spoil;
    const char* expected;  // "verdict: value"
    const char* node = "";
};

void run(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        FactsWorld world;
        one.spoil(world);
        CAPTURE(one.expected);
        CHECK(verdict(checks_of(world.facts), one.check, one.node) == one.expected);
    }
}

}  // namespace

TEST_CASE("Nothing stands in the way of a switch between healthy nodes") {
    FactsWorld world;
    CHECK(world.facts.master == "redis-0");
    const auto checks = checks_of(world.facts);
    for (const Check& check : checks) {
        CAPTURE(check.name);
        CAPTURE(check.value);
        CHECK(check.verdict == Verdict::ok);
        CHECK(check.hint.empty());
        CHECK_FALSE(check.overridden);
        CHECK_FALSE(check.limit.empty());
    }
}

TEST_CASE("Each check has one name and stands there whether it is good or bad") {
    FactsWorld world;
    std::vector<std::string> names;
    for (const Check& check : checks_of(world.facts))
        if (names.empty() || names.back() != check.name) names.push_back(check.name);
    const std::vector<std::string> expected = {"one-master",
                                               "master-role",
                                               "master-process",
                                               "target-process",
                                               "master-loading",
                                               "modules",
                                               "engine",
                                               "background-save",
                                               "last-save",
                                               "latency",
                                               "failover-state",
                                               "shutdown",
                                               "master-read-only",
                                               "target-follows",
                                               "target-link",
                                               "target-sync",
                                               "target-loading",
                                               "target-announced",
                                               "target-online",
                                               "offset-gap",
                                               "target-read-only",
                                               "target-priority",
                                               "backlog",
                                               "version",
                                               "reverse-login",
                                               "rollback-login",
                                               "tls-replication",
                                               "maxmemory",
                                               "maxmemory-policy",
                                               "persistence",
                                               "backlog-size",
                                               "maxclients",
                                               "min-replicas",
                                               "settings",
                                               "commands",
                                               "other-nodes",
                                               "other-redisctl",
                                               "sentinels",
                                               "cluster-mode",
                                               "system",
                                               "pod",
                                               "terminating",
                                               "rollout",
                                               "k8s-node",
                                               "disruption-budget",
                                               "drift",
                                               "lock",
                                               "permissions",
                                               "credentials"};
    CHECK(names == expected);
}

TEST_CASE("The master: its state, its disk, its answers") {
    run({
        {"one-master",
         [](auto& w) {
             w.world.promote("redis-2");
             w.renew();
         },
         "block: several could be it: redis-0, redis-2"},
        {"master-role", [](auto& w) { w.silence("redis-0"); },
         "unknown: unknown: CONNECT_TIMEOUT: no connection in time"},
        {"master-process", [](auto& w) { w.view("redis-0").run_id = "restarted"; }, "block: run id restarte"},
        {"target-process", [](auto& w) { w.view("redis-1").run_id.clear(); },
         "unknown: unknown: the run id was not told"},
        {"master-loading", [](auto& w) { w.view("redis-0").loading = true; }, "block: loading"},
        {"master-loading", [](auto& w) { w.view("redis-0").loading.reset(); }, "unknown: unknown: not told"},
        {"background-save", [](auto& w) { w.node("redis-0").info["rdb_bgsave_in_progress"] = "1"; },
         "block: a snapshot is being saved"},
        {"background-save", [](auto& w) { w.node("redis-0").info["aof_rewrite_in_progress"] = "1"; },
         "block: the AOF is being rewritten"},
        {"background-save", [](auto& w) { w.node("redis-0").info.clear(); },
         "unknown: unknown: INFO persistence does not tell"},
        {"last-save", [](auto& w) { w.node("redis-0").info["rdb_last_bgsave_status"] = "err"; },
         "block: snapshot err, AOF ok"},
        {"last-save", [](auto& w) { w.node("redis-0").info.erase("aof_last_write_status"); },
         "unknown: unknown: INFO persistence does not tell"},
        {"failover-state", [](auto& w) { w.view("redis-0").failover_state = "waiting-for-sync"; },
         "block: waiting-for-sync"},
        {"failover-state", [](auto& w) { w.view("redis-0").failover_state.clear(); },
         "unknown: unknown: INFO replication does not tell"},
        {"failover-state",
         [](auto& w) {
             w.view("redis-0").failover_state.clear();
             w.view("redis-0").version = "6.0.16";
         },
         "ok: none: FAILOVER came with 6.2"},
        {"shutdown", [](auto& w) { w.node("redis-0").info["shutdown_in_milliseconds"] = "9000"; },
         "block: ends in 9000ms"},
        {"master-read-only", [](auto& w) { w.node("redis-0").settings->values["replica-read-only"] = "no"; },
         "block: writable"},
        {"latency", [](auto& w) { w.node("redis-0").latency->p95 = Micros(50'200); },
         "block: 50.1ms more than 0.1ms, p95 of 20 PINGs"},
        {"latency", [](auto& w) { w.node("redis-0").latency->p95 = Micros(50'100); },
         "ok: 50.0ms more than 0.1ms, p95 of 20 PINGs"},
        {"latency", [](auto& w) { w.node("redis-0").latency.reset(); }, "unknown: unknown: no PING was answered"},
        {"modules",
         [](auto& w) {
             *w.node("redis-0").modules = {"search", "ReJSON"};
         },
         "warn: search, ReJSON"},
        {"modules", [](auto& w) { w.node("redis-0").modules = fail(denied("MODULE LIST")); },
         "unknown: unknown: NOPERM: the node does not permit MODULE LIST to this user"},
        {"engine", [](auto& w) { *w.node("redis-0").modules = {"search"}; },
         "ok: fenced: redis-0 has modules that may write by themselves: search"},
        {"engine", [](auto& w) { w.view("redis-1").version = "6.0.16"; },
         "ok: fenced: redis-1 has version 6.0.16, FAILOVER needs 6.2"},
        {"engine", [](auto& w) { w.node("redis-0").abilities["failover"] = Ability::denied; },
         "ok: fenced: redis-0 does not permit FAILOVER to user default"},
    });
}

TEST_CASE("The way to a node does not count as its latency") {
    FactsWorld world;
    for (const char* name : {"redis-0", "redis-1", "redis-2"})
        world.node(name).latency = Latency{20, Micros(80'000), Micros(90'000)};
    CHECK(verdict(checks_of(world.facts), "latency") == "ok: 10.0ms more than 80.0ms, p95 of 20 PINGs");
    world.node("redis-0").latency = Latency{20, Micros(140'000), Micros(150'000)};
    CHECK(verdict(checks_of(world.facts), "latency") == "block: 70.0ms more than 80.0ms, p95 of 20 PINGs");
}

TEST_CASE("An engine that was asked for and cannot be used blocks") {
    FactsWorld world;
    *world.node("redis-0").modules = {"search"};
    Wish wish;
    wish.engine = "failover-command";
    auto checks = checks_of(world.facts, wish);
    CHECK(verdict(checks, "modules") == "block: search");
    CHECK(verdict(checks, "engine") == "block: fenced: redis-0 has modules that may write by themselves: search");
    wish.overrides = {"modules"};
    checks = checks_of(world.facts, wish);
    CHECK(verdict(checks, "modules") == "warn: search");
    CHECK(verdict(checks, "engine") == "ok: failover-command");
    CHECK(refusals(checks).empty());
}

TEST_CASE("--from guards against a switch that was meant for another master") {
    FactsWorld world;
    Wish wish;
    wish.from = "redis-2";
    CHECK(refusals(checks_of(world.facts, wish)) == std::vector<std::string>{"from"});
    wish.from = "redis-0";
    CHECK(refusals(checks_of(world.facts, wish)).empty());
}

TEST_CASE("The target: a replica of exactly this master, with all that it has") {
    run({
        {"target-follows", [](auto& w) { w.view("redis-1").replid = history_b; },
         "block: its history is bbbbbbbb, the master's aaaaaaaa"},
        {"target-follows", [](auto& w) { w.view("redis-1").replid.clear(); },
         "unknown: unknown: the replication id was not told"},
        {"target-follows",
         [](auto& w) {
             w.world.follow("redis-1", "redis-2");
             w.renew();
         },
         "block: a replica of redis-2, which is itself one"},
        {"target-follows", [](auto& w) { w.silence("redis-1"); },
         "unknown: unknown: CONNECT_TIMEOUT: no connection in time"},
        {"target-link",
         [](auto& w) {
             w.view("redis-1").link_up = false;
             w.view("redis-1").link_down_seconds = 7;
         },
         "block: down for 7s"},
        {"target-link", [](auto& w) { w.view("redis-1").link_up.reset(); }, "unknown: unknown: not told"},
        {"target-sync", [](auto& w) { w.view("redis-1").sync_in_progress = true; }, "block: under way"},
        {"target-sync", [](auto& w) { w.view("redis-1").sync_in_progress.reset(); }, "unknown: unknown: not told"},
        {"target-loading", [](auto& w) { w.view("redis-1").loading = true; }, "block: loading"},
        {"target-announced", [](auto&) {}, "ok: 10.0.1.1:6379"},
        {"target-announced", [](auto& w) { w.view("redis-0").replicas.erase(w.view("redis-0").replicas.begin()); },
         "block: the master lists no address that is certainly this node's"},
        {"target-online",
         [](auto& w) {
             w.view("redis-0").replicas[0].state = "wait_bgsave";
             w.view("redis-0").replicas[0].lag_seconds.reset();
         },
         "block: wait_bgsave"},
        {"target-online", [](auto& w) { w.view("redis-0").replicas[0].lag_seconds = 3; },
         "block: online, heard 3s ago"},
        {"target-online", [](auto& w) { w.silence("redis-0"); },
         "unknown: unknown: CONNECT_TIMEOUT: no connection in time"},
        {"target-read-only", [](auto& w) { w.view("redis-1").read_only = false; }, "block: writable"},
        {"target-priority", [](auto& w) { w.view("redis-1").priority = 0; }, "block: 0"},
        {"target-priority", [](auto& w) { w.view("redis-1").priority.reset(); }, "unknown: unknown: not told"},
        {"backlog", [](auto& w) { w.view("redis-1").backlog_active = false; }, "block: not active"},
    });
}

TEST_CASE("The offset gap may be large or growing, not both under a mebibyte and shrinking") {
    const auto gap = [](int64_t earlier, int64_t later) {
        return [=](FactsWorld& w) {
            w.node("redis-0").earlier->offset = w.node("redis-0").later->offset = 10'000'000;
            w.node("redis-1").earlier->offset = 10'000'000 - earlier;
            w.node("redis-1").later->offset = 10'000'000 - later;
        };
    };
    run({
        {"offset-gap", gap(0, 0), "ok: 0B"},
        {"offset-gap", gap(0, 60'000), "ok: 58.6KiB"},
        {"offset-gap", gap(100'000, 200'000), "block: 195.3KiB, was 97.7KiB"},
        {"offset-gap", gap(300'000, 200'000), "ok: 195.3KiB"},
        {"offset-gap", gap(3'000'000, 1'048'576), "block: 1MiB"},
        {"offset-gap", gap(3'000'000, 1'048'575), "ok: 1MiB"},
        {"offset-gap", [](auto& w) { w.node("redis-1").later.reset(); },
         "unknown: unknown: the offsets cannot be compared"},
        {"offset-gap", [](auto& w) { w.view("redis-1").replid = history_b; },
         "unknown: unknown: the offsets cannot be compared"},
    });
}

TEST_CASE("The pair: what the new master must be able to do as well as the old one") {
    const Error wrong{ErrorCode::unauthenticated, "the node rejected the password", {}, {}, "WRONGPASS"};
    const Error lost{ErrorCode::timeout, "no answer", {}, {}, {}};
    run({
        {"version", [](auto& w) { w.view("redis-1").version = "6.2.14"; }, "block: redis 6.2.14 after redis 7.0.15"},
        {"version", [](auto& w) { w.view("redis-1").version = "7.2.0"; }, "warn: redis 7.2.0 after redis 7.0.15"},
        {"version", [](auto& w) { w.view("redis-1").version = "?"; }, "unknown: unknown: a version was not told"},
        {"version",
         [](auto& w) {
             w.view("redis-1").server = "valkey";
             w.view("redis-1").version = "8.1.3";
             w.node("redis-1").info["redis_version"] = "7.2.4";
         },
         "warn: valkey 8.1.3 after redis 7.0.15"},
        {"version",
         [](auto& w) {
             for (auto* n : {"redis-0", "redis-1"}) w.view(n).server = "valkey";
             w.view("redis-0").version = "8.1.3";
             w.view("redis-1").version = "8.0.1";
         },
         "block: valkey 8.0.1 after valkey 8.1.3"},
        {"reverse-login", [&](auto& w) { w.node("redis-1").admits_master = fail(wrong); },
         "block: WRONGPASS: the node rejected the password"},
        {"reverse-login", [&](auto& w) { w.node("redis-1").admits_master = fail(lost); },
         "unknown: unknown: no answer"},
        {"reverse-login", [](auto& w) { w.node("redis-1").admits_master.reset(); }, "unknown: unknown: not tried"},
        {"rollback-login", [&](auto& w) { w.node("redis-1").admitted_by_master = fail(wrong); },
         "block: WRONGPASS: the node rejected the password"},
        {"tls-replication", [](auto& w) { w.node("redis-0").settings->values["tls-replication"] = "yes"; },
         "block: no, the master has yes"},
        {"tls-replication", [](auto& w) { w.node("redis-0").settings->values.erase("tls-replication"); }, "ok: no"},
        {"tls-replication", [](auto& w) { w.node("redis-0").settings = fail(denied("CONFIG GET")); },
         "unknown: unknown: NOPERM: the node does not permit CONFIG GET to this user"},
        {"maxmemory", [](auto& w) { w.node("redis-1").settings->values["maxmemory"] = "999999"; },
         "block: limit 976.6KiB, 976.6KiB in use"},
        {"maxmemory", [](auto& w) { w.node("redis-1").settings->values["maxmemory"] = "2000000"; },
         "warn: limit 1.9MiB, 976.6KiB in use"},
        {"maxmemory",
         [](auto& w) {
             for (auto* n : {"redis-0", "redis-1"}) w.node(n).settings->values["maxmemory"] = "2000000";
         },
         "ok: limit 1.9MiB, 976.6KiB in use"},
        {"maxmemory", [](auto& w) { w.node("redis-1").settings->values.erase("maxmemory"); },
         "unknown: unknown: the server has no setting maxmemory"},
        {"maxmemory-policy", [](auto& w) { w.node("redis-1").settings->values["maxmemory-policy"] = "allkeys-lru"; },
         "block: maxmemory-policy noeviction → allkeys-lru"},
        {"persistence",
         [](auto& w) {
             w.node("redis-1").settings->values["save"] = "3600 1";
             w.node("redis-1").settings->values["appendonly"] = "yes";
         },
         "block: appendonly no → yes; save (empty) → 3600 1"},
        {"backlog-size", [](auto& w) { w.node("redis-0").later->offset += 60'000; }, "warn: 1MiB, writes 195.3KiB/s"},
        {"backlog-size", [](auto& w) { w.node("redis-0").later->offset += 30'000; }, "ok: 1MiB, writes 97.7KiB/s"},
        {"backlog-size", [](auto& w) { w.node("redis-0").later.reset(); },
         "unknown: unknown: the write rate could not be measured"},
        {"maxclients", [](auto& w) { w.node("redis-1").settings->values["maxclients"] = "41"; },
         "block: 41, the master has 10 clients"},
        {"maxclients", [](auto& w) { w.node("redis-1").settings->values["maxclients"] = "42"; },
         "ok: 42, the master has 10 clients"},
        {"min-replicas", [](auto& w) { w.node("redis-1").settings->values["min-replicas-to-write"] = "3"; },
         "block: 3, 2 will follow"},
        {"min-replicas", [](auto& w) { w.node("redis-1").settings->values["min-replicas-to-write"] = "2"; },
         "ok: 2, 2 will follow"},
        {"settings", [](auto& w) { w.node("redis-1").settings->values["timeout"] = "300"; }, "warn: timeout 0 → 300"},
        {"settings", [](auto& w) { w.node("redis-1").settings = fail(denied("CONFIG GET")); },
         "warn: unknown: NOPERM: the node does not permit CONFIG GET to this user"},
    });
}

TEST_CASE("The surroundings: who else is at work, and what our user may do") {
    run({
        {"commands", [](auto& w) { w.node("redis-0").abilities["client|kill"] = Ability::missing; },
         "block: renamed or disabled: client|kill", "redis-0"},
        {"commands",
         [](auto& w) {
             w.node("redis-1").user = "ops";
             w.node("redis-1").abilities["wait"] = Ability::denied;
         },
         "block: not permitted to ops: wait", "redis-1"},
        {"commands", [](auto& w) { w.node("redis-2").abilities.clear(); },
         "unknown: unknown: it does not tell about replicaof", "redis-2"},
        // Not needed as long as FAILOVER can be used.
        {"commands", [](auto& w) { w.node("redis-0").abilities["config|set"] = Ability::denied; }, "ok: all",
         "redis-0"},
        {"commands",
         [](auto& w) {
             w.node("redis-0").abilities["config|set"] = w.node("redis-0").abilities["failover"] = Ability::denied;
         },
         "block: not permitted to default: config|set", "redis-0"},
        {"other-nodes", [](auto& w) { w.silence("redis-2"); }, "block: redis-2: no connection in time"},
        {"other-redisctl", [](auto& w) { w.node("redis-2").company->operations = {"redisctl:0123456789ab"}; },
         "block: redisctl:0123456789ab"},
        {"other-redisctl", [](auto& w) { w.node("redis-2").company = fail(denied("CLIENT LIST")); },
         "unknown: unknown: redis-2: NOPERM: the node does not permit CLIENT LIST to this user"},
        {"sentinels", [](auto& w) { w.node("redis-0").company->sentinels = {"sentinel-1-cmd"}; },
         "block: sentinel-1-cmd"},
        {"sentinels", [](auto& w) { w.node("redis-0").company->listeners = 3; }, "block: 3 at redis-0"},
        {"sentinels", [](auto& w) { w.facts.picture.system = "spotahome"; }, "block: spotahome"},
        {"cluster-mode", [](auto& w) { w.view("redis-0").mode = "cluster"; }, "block: redis-0"},
        {"cluster-mode", [](auto& w) { w.node("redis-2").info["cluster_enabled"] = "1"; }, "block: redis-2"},
        {"system", [](auto& w) { w.facts.picture.system = "bitnami-replication"; }, "warn: bitnami-replication"},
    });
}

TEST_CASE("Kubernetes: pods, roll-outs, machines, rights") {
    const Error forbidden{ErrorCode::forbidden, "we may not get nodes", {}, "let an administrator add a rule", {}};
    run({
        {"pod", [](auto& w) { const_cast<kube::Pod*>(w.facts.instance.pods[1])->ready = false; },
         "block: Running, not Ready", "redis-1"},
        {"pod", [](auto& w) { w.facts.instance.pods.clear(); }, "unknown: unknown: it has no pod", "redis-0"},
        {"terminating", [](auto& w) { w.facts.kubernetes->terminating = {"redis-3"}; }, "block: redis-3"},
        {"rollout", [](auto& w) { w.facts.kubernetes->workloads->front().generation = 2; },
         "block: redis: its last change is not yet seen to"},
        {"rollout",
         [](auto& w) {
             auto& set = w.facts.kubernetes->workloads->front();
             set.update_revision = "redis-2";
             set.updated_replicas = 1;
         },
         "block: redis: 1 of 3 pods updated, 3 ready"},
        {"rollout", [&](auto& w) { w.facts.kubernetes->workloads = fail(forbidden); },
         "unknown: unknown: we may not get nodes"},
        {"k8s-node", [](auto& w) { w.facts.kubernetes->k8s_nodes.at("n1")->unschedulable = true; },
         "block: n1: cordoned, as before a drain"},
        {"k8s-node",
         [](auto& w) {
             auto& n = *w.facts.kubernetes->k8s_nodes.at("n1");
             n.ready = "Unknown";
             n.taints = {{"a", "", "NoSchedule"}, {"b", "", "NoExecute"}};
         },
         "block: n1: not Ready, taint b:NoExecute"},
        {"k8s-node", [&](auto& w) { w.facts.kubernetes->k8s_nodes.at("n1") = fail(forbidden); },
         "warn: unknown: we may not get nodes"},
        {"k8s-node", [](auto& w) { w.facts.kubernetes->k8s_nodes.clear(); },
         "unknown: unknown: the pod names no Kubernetes node"},
        {"disruption-budget",
         [](auto& w) {
             kube::DisruptionBudget b;
             b.meta.name = "redis";
             b.current_healthy = 2;
             b.desired_healthy = 3;
             w.facts.kubernetes->budgets->push_back(b);
         },
         "warn: redis: 2 of 3 healthy, 0 more may go"},
        {"disruption-budget", [&](auto& w) { w.facts.kubernetes->budgets = fail(forbidden); },
         "warn: unknown: we may not get nodes"},
        // Older than the truth: the master is at home.
        {"drift",
         [](auto& w) {
             w.facts.instance.services[0].meta.annotations["redisctl.io/drift"] = "redis-2 instead of redis-0";
         },
         "ok: at home"},
        {"lock", [](auto& w) { w.facts.kubernetes->lock_holder = "me@there/1/x"; }, "block: held by me@there/1/x"},
        {"lock", [&](auto& w) { w.facts.kubernetes->lock_holder = fail(forbidden); },
         "unknown: unknown: we may not get nodes"},
        {"permissions", [](auto& w) { w.facts.kubernetes->reviews[0].permission = kube::Permission::denied; },
         "block: denied: patch services"},
        {"permissions",
         [](auto& w) {
             w.facts.kubernetes->reviews[0].permission = kube::Permission::unknown;
             w.facts.kubernetes->reviews[0].reason = "timeout";
         },
         "unknown: unknown: patch services (timeout)"},
        {"credentials", [](auto& w) { w.facts.kubernetes->credential_seconds = 299; }, "block: good for 299s"},
        {"credentials", [](auto& w) { w.facts.kubernetes->credential_seconds = 300; }, "ok: good for 300s"},
    });
}

TEST_CASE("A master that is away from home may be switched back without being asked twice") {
    FactsWorld world;
    world.world.promote("redis-1");
    world.world.follow("redis-0", "redis-1");
    world.world.follow("redis-2", "redis-1");
    world.renew();
    world.facts.instance.services[0].meta.annotations["redisctl.io/drift"] = "redis-1 instead of redis-0";
    CHECK(world.facts.master == "redis-1");
    CHECK(verdict(checks_of(world.facts, {}, "redis-0"), "drift") == "ok: redis-1 instead of redis-0");
    CHECK(verdict(checks_of(world.facts, {}, "redis-2"), "drift") == "block: redis-1 instead of redis-0");
}

TEST_CASE("A denied permission comes with the rule to add") {
    FactsWorld world;
    world.facts.kubernetes->reviews[0].permission = kube::Permission::denied;
    for (const Check& check : checks_of(world.facts)) {
        if (check.name == "permissions")
            CHECK(check.hint == "add to the Role: {apiGroups: [\"\"], resources: [services], verbs: [patch]}");
    }
}

TEST_CASE("Without Kubernetes nothing is said of it") {
    FactsWorld world(std::vector<net::HostPort>{{"127.0.0.1", 7001}, {"127.0.0.1", 7002}});
    const auto checks = checks_of(world.facts, {}, "127.0.0.1:7002");
    CHECK(refusals(checks).empty());
    CHECK_THROWS(verdict(checks, "rollout"));
    CHECK(verdict(checks, "target-announced") == "ok: 127.0.0.1:7002");
}

TEST_CASE("An override turns a refusal into a warning, and only that") {
    FactsWorld world;
    world.node("redis-0").info["rdb_bgsave_in_progress"] = "1";
    world.node("redis-0").latency.reset();
    Wish wish;
    CHECK(refusals(checks_of(world.facts, wish)) == std::vector<std::string>{"background-save", "latency"});
    wish.overrides = {"background-save", "latency", "persistence"};
    const auto checks = checks_of(world.facts, wish);
    CHECK(refusals(checks).empty());
    CHECK(verdict(checks, "background-save") == "warn: a snapshot is being saved");
    for (const Check& check : checks)
        CHECK(check.overridden == (check.name == "background-save" || check.name == "latency"));
}

TEST_CASE("What cannot be overridden is not, and says what can") {
    FactsWorld world;
    const auto refused = [&](const char* name) {
        Wish wish;
        wish.overrides = {name};
        const auto checks = pre_checks(world.facts, wish, "redis-1");
        REQUIRE_FALSE(checks);
        CHECK(checks.error().code == ErrorCode::usage);
        CHECK(checks.error().cause ==
              "--override takes background-save, last-save, latency, modules, maxmemory-policy, persistence, "
              "backlog-size, "
              "other-nodes, drift, k8s-node, sentinels-silent");
        return checks.error();
    };
    CHECK(refused("target-link").message == "check target-link cannot be overridden");
    CHECK(refused("target-link").hint.empty());
    CHECK(refused("latencey").message == "there is no check 'latencey'");
    CHECK(refused("latencey").hint == "--override latency");
}
