#include "failover/diagnosis.h"
#include "failover/heal_planner.h"
#include "failover/planner.h"
#include "failover/resync_planner.h"
#include "tests/unit/failover_healthy_facts.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using namespace redisctl::testing;

namespace {

using Lines = std::vector<std::string>;

Unshared unshared(const std::string& node, const std::string& versus, int64_t writes) {
    Unshared one;
    one.node = node;
    one.versus = versus;
    one.writes = writes;
    one.bytes = writes * 30;
    return one;
}

// Three pods of the chart, of which redis-1 was promoted by hand; each node holds keys.
struct SplitWorld : FactsWorld {
    SplitWorld() {
        world.promote("redis-1");
        renew();
        for (NodeFacts& node : facts.nodes) node.info["db0"] = "keys=5,expires=0,avg_ttl=0";
    }

    Diagnosis diagnosed(int64_t only_0, int64_t only_1, const std::string& keep = {}) {
        hearsay.keep = keep;
        hearsay.unshared = {unshared("redis-0", "redis-1", only_0), unshared("redis-1", "redis-0", only_1)};
        Diagnosis diagnosis = diagnose(facts, hearsay);
        if (!diagnosis.survivor.empty()) facts.master = diagnosis.survivor;
        return diagnosis;
    }

    Plan planned(const Diagnosis& diagnosis) {
        HealWish wish;
        wish.operation = "3f9c1a02b7d4";
        wish.folder = "/state/ops";
        return plan_heal(facts, diagnosis, wish);
    }

    Hearsay hearsay;
};

std::string ids(const Plan& plan) {
    std::string all;
    for (const Step& step : plan.steps) all += (all.empty() ? "" : " ") + step.id + (step.commits ? "!" : "");
    return all;
}

Lines lines(const Plan& plan, const std::string& id) {
    for (const Step& step : plan.steps)
        if (step.id == id) return lines_of(step.action);
    return {};
}

Lines names(const std::vector<Check>& checks) {
    Lines all;
    for (const Check& check : checks) all.push_back(check.name);
    return all;
}

}  // namespace

TEST_CASE("Where all is well there is nothing to heal") {
    FactsWorld world;
    const Diagnosis diagnosis = diagnose(world.facts, {});
    CHECK(diagnosis.healthy());
    CHECK(diagnosis.survivor == "redis-0");
    CHECK_FALSE(diagnosis.loses());
}

TEST_CASE("Two masters with the same data: the one to which the Services lead stays") {
    SplitWorld world;
    const Diagnosis diagnosis = world.diagnosed(0, 0);
    CHECK(diagnosis.survivor == "redis-0");
    CHECK(diagnosis.why == "named by redis-2, service redis, service redis-master");
    CHECK(diagnosis.losers == Lines{"redis-1"});
    CHECK_FALSE(diagnosis.loses());
    const Plan plan = world.planned(diagnosis);
    CHECK(plan.loss_bound == 0);
    CHECK(ids(plan) == "fence save-redis-1 demote! move-clients replicas-linked write");
}

TEST_CASE("Who is rightly called a replica keeps that label") {
    SplitWorld world;
    const char* said[] = {"true", "true", "false"};
    for (size_t i = 0; i < 3; i++) {
        world.facts.instance.nodes[i].labels["isMaster"] = said[i];
        world.facts.picture.nodes[i].role_label = std::string("isMaster=") + said[i];
    }
    CHECK(ids(world.planned(world.diagnosed(0, 0))) ==
          "fence save-redis-1 demote! unlabel-redis-1 move-clients replicas-linked write");
    world.facts.picture.nodes[1].role_label = "isMaster=false";
    CHECK(ids(world.planned(world.diagnosed(0, 0))) == "fence save-redis-1 demote! move-clients replicas-linked write");
    // The survivor itself is called a replica, and nobody the master.
    world.facts.picture.nodes[0].role_label = "isMaster=false";
    CHECK(ids(world.planned(world.diagnosed(0, 0))) == "fence save-redis-1 demote! move-clients replicas-linked write");
}

TEST_CASE("Two masters: nothing is lost beside the one that has all, whoever names the other") {
    SplitWorld world;
    const Diagnosis diagnosis = world.diagnosed(0, 7);
    CHECK(diagnosis.survivor == "redis-1");
    CHECK(diagnosis.why == "it has all that the others have");
    CHECK_FALSE(diagnosis.loses());
}

TEST_CASE("Two masters with writes of their own: nobody is chosen unasked") {
    SplitWorld world;
    const Diagnosis diagnosis = world.diagnosed(3, 7);
    CHECK(diagnosis.survivor == "");
    REQUIRE(names(diagnosis.checks) == Lines{"keep"});
    CHECK(diagnosis.checks.front().hint == "--keep redis-0 says which master survives");
    CHECK(world.planned(diagnosis).steps.empty());
}

TEST_CASE("The Services lead to the survivor before the loser is fenced, and what it has is saved before it follows") {
    SplitWorld world;
    const Diagnosis diagnosis = world.diagnosed(3, 7, "redis-1");
    CHECK(diagnosis.survivor == "redis-1");
    CHECK(diagnosis.loses());
    const Plan plan = world.planned(diagnosis);
    CHECK(ids(plan) ==
          "route-redis route-redis-master endpoints-redis endpoints-redis-master fence save-redis-0 demote! "
          "move-clients repoint replicas-linked write annotate-redis annotate-redis-master");
    CHECK(plan.loss_bound == 90);
    CHECK(plan.loss_reason == "redis-0 has 3 writes that redis-1 lacks");
    CHECK(lines(plan, "fence") == Lines{"redis-0> CONFIG SET min-replicas-to-write 1000"});
    CHECK(lines(plan, "save-redis-0") ==
          Lines{"redis-0> PSYNC: save what redis-1 lacks to /state/ops/3f9c1a02b7d4-lost-redis-0.resp"});
    CHECK(lines(plan, "demote") == Lines{"redis-0> MULTI", "redis-0> REPLICAOF redis-1.redis-headless.default.svc 6379",
                                         "redis-0> CONFIG SET min-replicas-to-write 0", "redis-0> EXEC"});
    CHECK(lines(plan, "repoint") == Lines{"redis-2> REPLICAOF redis-1.redis-headless.default.svc 6379"});
}

// redis-1 was the master, and its pod was made anew: the chart makes it follow redis-0, and the others still follow the
// address that it had.
struct RestartedWorld : FactsWorld {
    static constexpr const char* pod_name = "statefulset.kubernetes.io/pod-name";

    RestartedWorld() {
        for (const char* name : {"redis-0", "redis-2"}) {
            redis::NodeView& orphan = world.view(name) = replica_view(world.view(name).run_id, "10.0.0.77", 6379);
            orphan.link_up = false;
            orphan.link_down_seconds = 30;
        }
        world.follow("redis-1", "redis-0");
        world.view("redis-1").link_up = false;
        world.view("redis-1").uptime_seconds = 25;
        for (kube::Service& service : world.instance().services)
            if (service.selector.contains(pod_name)) service.selector[pod_name] = "redis-1";
        renew();
        node("redis-0").info["db0"] = node("redis-2").info["db0"] = "keys=5,expires=0,avg_ttl=0";
    }
};

TEST_CASE("The master's pod was made anew: one that still has its data becomes the master, and what is gone is not known") {
    RestartedWorld world;
    const Diagnosis diagnosis = diagnose(world.facts, {});
    CHECK(names(diagnosis.checks) == Lines{});
    CHECK(diagnosis.survivor == "redis-0");
    CHECK(diagnosis.promote);
    CHECK(diagnosis.loses());
    REQUIRE(diagnosis.unshared.size() == 1);
    CHECK(diagnosis.unshared.front().node == "the former process of redis-1");
    CHECK(diagnosis.unshared.front().reason == "10.0.0.77:6379 is gone, with what it had not sent");
}

TEST_CASE("An address that nobody has may be a master outside, as long as no pod is known to have had it") {
    RestartedWorld world;
    SUBCASE("the pod is older than the broken link") { world.view("redis-1").uptime_seconds = 3600; }
    SUBCASE("the Services name different pods") {
        for (topology::ServicePicture& service : world.facts.picture.services)
            if (service.name == "redis") service.selector = {std::string(RestartedWorld::pod_name) + "=redis-2"};
    }
    SUBCASE("nobody knows since when") { world.view("redis-0").link_down_seconds.reset(); }
    const Diagnosis diagnosis = diagnose(world.facts, {});
    CHECK(names(diagnosis.checks) == Lines{"silent"});
    CHECK(diagnosis.survivor == "");
}

TEST_CASE("What a fence was before is read from the newest journal that tells it") {
    FactsWorld world;
    world.node("redis-0").settings->values["min-replicas-to-write"] = "1000";
    Hearsay hearsay;
    const auto recorded = [&](const std::string& value) {
        Recorded one;
        one.ended = true;
        Step fence;
        fence.undone = {SettingIs{"redis-0", "min-replicas-to-write", value}};
        one.plan.steps = {fence};
        return one;
    };
    hearsay.journals = {recorded("1000"), recorded("2"), recorded("1")};
    const Diagnosis diagnosis = diagnose(world.facts, hearsay);
    REQUIRE(diagnosis.leftovers.size() == 1);
    CHECK(diagnosis.leftovers.front().back == "2");
    CHECK_FALSE(diagnosis.leftovers.front().assumed);
    CHECK(diagnosis.troubles == Lines{"redis-0 has min-replicas-to-write 1000: a fence that a killed run left"});
    hearsay.journals.clear();
    CHECK(diagnose(world.facts, hearsay).leftovers.front().assumed);
}

TEST_CASE("Where Sentinels watch, heal tells and does nothing") {
    SplitWorld world;
    world.node("redis-2").company->sentinels = {"sentinel-1f2e3d4c-cmd"};
    const Diagnosis diagnosis = world.diagnosed(0, 0);
    CHECK(names(diagnosis.checks) == Lines{"watchers"});
    CHECK(diagnosis.checks.front().value == "sentinel-1f2e3d4c-cmd");
}

TEST_CASE("An operation that is not finished comes first") {
    FactsWorld world;
    Hearsay hearsay;
    Recorded open;
    open.operation = "3f9c1a02b7d4";
    open.last_step = "fence";
    hearsay.journals = {open};
    const Diagnosis diagnosis = diagnose(world.facts, hearsay);
    CHECK(diagnosis.troubles == Lines{"an operation is not finished: 3f9c1a02b7d4 stopped at fence"});
    CHECK(diagnosis.checks.front().hint == "redisctl resume 3f9c1a02b7d4");
}

TEST_CASE("A follower that cannot log in stands in the way") {
    SplitWorld world;
    Diagnosis diagnosis = world.diagnosed(0, 0);
    world.node("redis-1").admitted_by_master = fail(ErrorCode::unauthenticated, "WRONGPASS");
    check_logins(world.facts, diagnosis);
    REQUIRE(names(diagnosis.checks) == Lines{"login"});
    CHECK(diagnosis.checks.front().value == "WRONGPASS");
}

TEST_CASE("A former master that would go to the survivor without TLS stands in the way") {
    SplitWorld world;
    for (const char* name : {"redis-0", "redis-2"}) world.node(name).settings->values["tls-replication"] = "yes";
    Diagnosis diagnosis = world.diagnosed(0, 0);
    check_logins(world.facts, diagnosis);
    REQUIRE(names(diagnosis.checks) == Lines{"tls-replication"});
    CHECK(diagnosis.checks.front().node == "redis-1");
    CHECK(diagnosis.checks.front().hint == "CONFIG SET tls-replication yes on redis-1");
}

TEST_CASE("A replica that is linked is attached; a full copy is another matter") {
    FactsWorld world;
    const ResyncWish wish{"redis-1", "3f9c1a02b7d4"}, full{"redis-1", "3f9c1a02b7d4", true};
    CHECK(attached(world.facts, wish));
    CHECK_FALSE(attached(world.facts, full));
    CHECK_FALSE(gives_something_up(world.facts, full));
    CHECK(verdict(resync_checks(world.facts, full), "other-copy") == "ok: redis-2");
    const Plan plan = plan_resync(world.facts, full);
    CHECK(ids(plan) == "attach! linked");
    const std::string master = world.view("redis-1").master_host;
    CHECK(lines(plan, "attach") == Lines{"redis-1> MULTI", "redis-1> REPLICAOF NO ONE",
                                         "redis-1> REPLICAOF " + master + " 6379", "redis-1> EXEC"});
}

TEST_CASE("A replica whose link is down gets a new one, and its history is kept") {
    FactsWorld world;
    const ResyncWish wish{"redis-1", "3f9c1a02b7d4"};
    world.view("redis-1").link_up = false;
    world.view("redis-0").backlog_first = 1;
    world.view("redis-0").backlog_histlen = 1000;
    const std::string master = world.view("redis-1").master_host;
    const Plan plan = plan_resync(world.facts, wish);
    CHECK(lines(plan, "attach") == Lines{"redis-1> MULTI", "redis-1> REPLICAOF 127.0.0.1 1",
                                         "redis-1> REPLICAOF " + master + " 6379", "redis-1> EXEC"});
    CHECK(plan.notes == Lines{"the missing bytes are in the master's backlog: a partial resync"});
    CHECK_FALSE(gives_something_up(world.facts, wish));
}

TEST_CASE("The only other copy, and what only the replica has, are not given up unasked") {
    FactsWorld world;
    const ResyncWish full{"redis-1", "3f9c1a02b7d4", true};
    for (NodeFacts& node : world.facts.nodes) node.info["db0"] = "keys=5,expires=0,avg_ttl=0";
    world.view("redis-2").link_up = false;
    CHECK(verdict(resync_checks(world.facts, full), "other-copy") == "warn: none");
    CHECK(gives_something_up(world.facts, full));

    world.view("redis-2").link_up = true;
    CHECK_FALSE(gives_something_up(world.facts, full));
    redis::NodeView& own = world.view("redis-1");
    own.link_up = false;
    own.replid = history_b;
    own.replid2 = history_a;
    own.second_offset = 951;
    own.applied_offset = 1200;
    CHECK(verdict(resync_checks(world.facts, full), "own-writes") == "warn: 250 bytes");
    CHECK(gives_something_up(world.facts, full));
    CHECK(plan_resync(world.facts, full).loss_bound == 250);
}

TEST_CASE("A master that lost its data is never copied") {
    FactsWorld world;
    world.node("redis-1").info["db0"] = "keys=5,expires=0,avg_ttl=0";
    CHECK(verdict(resync_checks(world.facts, {"redis-1", ""}), "master-data") == "block: 0 keys, and 5 on the replica");
}
