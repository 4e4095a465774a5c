#include "failover/planner.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;

namespace {

using Lines = std::vector<std::string>;

Player player(const std::string& name, const std::string& host) {
    Player one;
    one.name = one.pod = name;
    one.run_id = "run-" + name;
    one.host = one.listed_host = host;
    one.port = one.listed_port = 6379;
    one.addresses = {host + ":6379"};
    one.min_replicas = "0";
    one.min_replicas_lag = "10";
    return one;
}

// redis-0 is the master, redis-1 is to be it, redis-2 follows.
Cast three() {
    Cast cast;
    cast.instance = "redis";
    cast.ns = "default";
    cast.operation = "3f9c1a02b7d4";
    cast.old = player("redis-0", "10.0.0.1");
    cast.target = player("redis-1", "10.0.0.2");
    cast.others = {player("redis-2", "10.0.0.3")};
    return cast;
}

MovedService pinned(const std::string& name) {
    return {
        name, {{"statefulset.kubernetes.io/pod-name", "redis-0"}}, {{"statefulset.kubernetes.io/pod-name", "redis-1"}}};
}

// "fence~ promote!": what can be undone, what is the point of no return.
std::string ids(const Plan& plan) {
    std::string all;
    for (const Step& step : plan.steps)
        all += fmt::format("{}{}{}{}", all.empty() ? "" : " ", step.id, step.commits ? "!" : "",
                           step.undo.empty() ? "" : "~");
    return all;
}

Lines lines(const Plan& plan, const std::string& id) {
    for (const Step& step : plan.steps)
        if (step.id == id) return lines_of(step.action);
    return {"no such step"};
}

Lines undo_lines(const Plan& plan, const std::string& id) {
    Lines all;
    for (const Step& step : plan.steps)
        if (step.id == id)
            for (const Action& action : step.undo)
                for (const std::string& line : lines_of(action)) all.push_back(line);
    return all;
}

}  // namespace

TEST_CASE("By FAILOVER: Services before, clients and the other replicas after") {
    Cast cast = three();
    cast.services = {pinned("redis"), pinned("redis-master")};
    const Plan plan = plan_failover_command(cast, {});
    CHECK(plan.engine == "failover-command");
    CHECK(plan.loss_bound == 0);
    CHECK(
        ids(plan) ==
        "probe route-redis~ route-redis-master~ endpoints-redis endpoints-redis-master verify hand-over!~ move-clients "
        "repoint replicas-linked old-follows write");
    CHECK(lines(plan, "hand-over") == Lines{"redis-0> FAILOVER TO 10.0.0.2 6379 TIMEOUT 3000",
                                            "redis-1> REPLCONF GETACK '*'",
                                            "redis-1> SET redisctl:probe:3f9c1a02b7d4:after 1 EX 600"});
    CHECK(undo_lines(plan, "hand-over") == Lines{"where FAILOVER is under way: redis-0 FAILOVER ABORT, and writes wait "
                                                 "until redis-1 says that it is a replica still"});
    CHECK(lines(plan, "repoint") == Lines{"redis-2> REPLICAOF 10.0.0.2 6379"});
    CHECK(lines(plan, "route-redis") ==
          Lines{R"(kubectl patch service redis --type=json -p '[{"op":"test","path":"/spec/selector","value":)"
                R"({"statefulset.kubernetes.io/pod-name":"redis-0"}},{"op":"replace","path":"/spec/selector","value":)"
                R"({"statefulset.kubernetes.io/pod-name":"redis-1"}}]')"});
    // The proxies' time is waited for once, behind the last.
    CHECK(lines(plan, "endpoints-redis") == Lines{"wait until Service redis leads to redis-1 alone, then 0 ms"});
    CHECK(lines(plan, "endpoints-redis-master") ==
          Lines{"wait until Service redis-master leads to redis-1 alone, then 1200 ms"});
}

TEST_CASE("Where the Services' own addresses can be reached, a write goes through each that moves") {
    Cast cast = three();
    cast.services = {pinned("redis"), pinned("redis-headless")};
    cast.labels = {MovedLabel{"isMaster", "true", "false", "true", "false", {}, {"redis-labelled"}}};
    cast.service_addresses = {
        {"redis", "10.96.0.7:6379"}, {"redis-labelled", "10.96.0.8:6379"}, {"redis-other", "10.96.0.9:6379"}};
    Wish wish;
    wish.through_services = true;
    const Plan plan = plan_failover_command(cast, wish);
    CHECK(ids(plan).ends_with("write write-through-redis write-through-redis-labelled"));
    CHECK(lines(plan, "write-through-redis") ==
          Lines{"Service redis> SET redisctl:probe:3f9c1a02b7d4:after:redis 1 EX 600"});
    CHECK_FALSE(plan.steps.back().essential);
    wish.probe = false;
    CHECK(ids(plan_failover_command(cast, wish)).find("write-through") == std::string::npos);
}

TEST_CASE(
    "A target that is called by name: FAILOVER goes by the listed address, everybody follows the name afterwards") {
    Cast cast = three();
    cast.target.host = "redis-1.redis-headless";
    const Plan plan = plan_failover_command(cast, {});
    CHECK(lines(plan, "hand-over").front() == "redis-0> FAILOVER TO 10.0.0.2 6379 TIMEOUT 3000");
    CHECK(lines(plan, "repoint") ==
          Lines{"redis-0> REPLICAOF redis-1.redis-headless 6379", "redis-2> REPLICAOF redis-1.redis-headless 6379"});
}

TEST_CASE("Fenced: refused writes without a timer, and each borrowed setting is given back") {
    Cast cast = three();
    cast.old.min_replicas = "1";
    cast.old.min_replicas_lag = "0";
    const Plan plan = plan_fenced(cast, {});
    CHECK(ids(plan) ==
          "probe verify fence~ catch-up park~ drain promote! demote move-clients repoint "
          "replicas-linked old-follows write");
    CHECK(lines(plan, "fence") ==
          Lines{"redis-0> CONFIG SET min-replicas-max-lag 10", "redis-0> CONFIG SET min-replicas-to-write 1000"});
    CHECK(undo_lines(plan, "fence") ==
          Lines{"redis-0> CONFIG SET min-replicas-to-write 1", "redis-0> CONFIG SET min-replicas-max-lag 0"});
    CHECK(lines(plan, "park") == Lines{"redis-0> REPLICAOF 127.0.0.1 1"});
    CHECK(undo_lines(plan, "park") == Lines{"redis-0> REPLICAOF NO ONE"});
    CHECK(lines(plan, "demote") == Lines{"redis-0> MULTI", "redis-0> REPLICAOF 10.0.0.2 6379",
                                         "redis-0> CONFIG SET min-replicas-to-write 1",
                                         "redis-0> CONFIG SET min-replicas-max-lag 0", "redis-0> EXEC"});
}

TEST_CASE("An emergency: the Services leave the dead master first, nobody waits for proxies before the promotion") {
    Cast cast = three();
    cast.services = {pinned("redis")};
    cast.target.min_replicas = "2";
    const Plan plan = plan_emergency(cast, {});
    CHECK(plan.mode == Mode::emergency);
    CHECK(plan.loss_bound == std::nullopt);
    CHECK(ids(plan) == "route-redis~ promote! lower-min-replicas repoint replicas-linked write endpoints-redis");
    CHECK(lines(plan, "lower-min-replicas") == Lines{"redis-1> CONFIG SET min-replicas-to-write 1"});
    CHECK(
        plan.notes ==
        Lines{
            "redis-0 is not fenced: if it only hangs, or is cut off, it can go on taking writes of clients that are "
            "connected to it, "
            "and those are lost; --delete-old-pod ends it first",
            "min-replicas-to-write of redis-1 is lowered from 2 to 1: set it back when the replicas are there again"});
}

TEST_CASE("An emergency whose old pod is deleted first: promoted when its kubelet says that it is gone") {
    Cast cast = three();
    cast.old.uid = "uid-0";
    Wish wish;
    wish.delete_old_pod = true;
    const Plan plan = plan_emergency(cast, wish);
    CHECK(ids(plan) == "delete-old-pod old-pod-gone promote! repoint replicas-linked write");
    CHECK(lines(plan, "delete-old-pod") == Lines{"kubectl delete pod redis-0 --grace-period=1 (uid uid-0)"});
    CHECK(plan.notes.empty());

    // On plain hosts there is nothing that could be deleted.
    cast.old.pod.clear();
    CHECK(ids(plan_emergency(cast, wish)) == "promote! repoint replicas-linked write");
    CHECK(plan_emergency(cast, wish).notes == Lines{"redis-0 is not fenced: if it only hangs, or is cut off, it can go "
                                                    "on taking writes of clients that are connected to it, "
                                                    "and those are lost"});
}

TEST_CASE("Away from home every moved Service says so, at home none does") {
    Cast cast = three();
    cast.home = "redis-0";
    cast.services = {pinned("redis")};
    CHECK(lines(plan_failover_command(cast, {}), "annotate-redis") ==
          Lines{R"(kubectl patch service redis --type=merge -p '{"metadata":{"annotations":)"
                R"({"redisctl.io/drift":"redis-1 instead of redis-0, since operation 3f9c1a02b7d4"}}}')"});
    cast.home = "redis-1";
    cast.annotated = {"redis"};
    CHECK(
        lines(plan_failover_command(cast, {}), "annotate-redis") ==
        Lines{
            R"(kubectl patch service redis --type=merge -p '{"metadata":{"annotations":{"redisctl.io/drift":null}}}')"});
}

TEST_CASE("A label that only tells is moved behind the switch, one that leads a Service before it") {
    Cast cast = three();
    cast.labels = {{"role", "master", "replica", "master", "replica", {}, {}}};
    CHECK(ids(plan_failover_command(cast, {})) ==
          "probe verify hand-over!~ unlabel-role label-role move-clients repoint replicas-linked old-follows write");
    cast.labels.front().services = {"redis-master"};
    CHECK(ids(plan_failover_command(cast, {})) ==
          "probe unlabel-role~ label-role~ endpoints-redis-master verify hand-over!~ move-clients repoint "
          "replicas-linked old-follows "
          "write");
}

TEST_CASE("Without a probe nothing of ours is written") {
    Wish wish;
    wish.probe = false;
    for (const Plan& plan :
         {plan_failover_command(three(), wish), plan_fenced(three(), wish), plan_emergency(three(), wish)})
        for (const Step& step : plan.steps)
            for (const std::string& line : lines_of(step.action))
                CHECK(line.find("redisctl:probe") == std::string::npos);
}

TEST_CASE("A plan reads back from its JSON as the same plan") {
    Cast cast = three();
    cast.services = {pinned("redis")};
    cast.home = "redis-0";
    cast.labels = {{"role", "master", "replica", "master", "replica", {"redis-2"}, {}}};
    for (const Plan& plan : {plan_failover_command(cast, {}), plan_fenced(cast, {}), plan_emergency(cast, {})}) {
        const auto text = to_json(plan).dump();
        const auto again = plan_from_json(nlohmann::ordered_json::parse(text));
        REQUIRE(again);
        CHECK(to_json(*again).dump() == text);
    }
}

TEST_CASE("What is no plan is refused, not half read") {
    const auto whole = to_json(plan_fenced(three(), {}));
    for (const char* part : {"steps", "from", "addresses"}) {
        auto broken = whole;
        broken[part] = 7;
        const auto read = plan_from_json(broken);
        CAPTURE(part);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == ErrorCode::protocol);
    }
    auto unknown = whole;
    unknown["steps"][0]["action"] = {{"type", "format-the-disk"}};
    CHECK_FALSE(plan_from_json(unknown));
}
