#include "failover/cast.h"
#include "failover/planner.h"
#include "failover/pre_checks.h"
#include "tests/unit/failover_healthy_facts.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using namespace redisctl::testing;

namespace {

using Lines = std::vector<std::string>;

// Three hosts, and three Sentinels that all know the same.
struct Watched : FactsWorld {
    Watched() : FactsWorld(std::vector<net::HostPort>{{"10.0.0.1", 6379}, {"10.0.0.2", 6379}, {"10.0.0.3", 6379}}) {
        for (const char* name : {"10.0.1.1:26379", "10.0.1.2:26379", "10.0.1.3:26379"}) {
            fleet::Node node;
            node.name = name;
            node.address = *net::parse_host_port(name, 0);
            facts.instance.sentinels.push_back(std::move(node));
            SentinelFacts sentinel;
            sentinel.name = name;
            sentinel.word->master = {"mymaster", "10.0.0.1", 6379, "master", 7, 2, 2, 2, 5'000, 60'000, 1};
            for (const char* host : {"10.0.0.2", "10.0.0.3"})
                sentinel.word->replicas.push_back({host, 6379, "slave", 100, 1'000, 990, true});
            sentinel.word->tilt = false;
            facts.sentinels.push_back(std::move(sentinel));
        }
    }

    SentinelWord& word(size_t i) { return *facts.sentinels.at(i).word; }
    std::vector<Check> checks(const Wish& wish = {}) { return *pre_checks(facts, wish, "10.0.0.2:6379"); }
    Plan plan(const Wish& wish = {}) {
        Cast cast = cast_for(facts, "10.0.0.2:6379");
        cast.operation = "3f9c1a02b7d4";
        return plan_sentinel(cast, wish);
    }
};

Lines ids(const Plan& plan) {
    Lines all;
    for (const Step& step : plan.steps) all.push_back(step.id + (step.commits ? "!" : ""));
    return all;
}

const Step& step(const Plan& plan, const std::string& id) {
    return *std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& one) { return one.id == id; });
}

}  // namespace

TEST_CASE("Sentinels that agree make the switch, and nothing else may") {
    Watched world;
    for (const Check& check : world.checks()) {
        CAPTURE(check.name);
        CAPTURE(check.value);
        CHECK(check.verdict == Verdict::ok);
    }
    CHECK(verdict(world.checks(), "sentinels") == "ok: sentinel");
    CHECK(verdict(world.checks(), "sentinel-agreement") == "ok: 3 name 10.0.0.1:6379");
    Wish wish;
    wish.engine = "failover-command";
    CHECK(verdict(world.checks(wish), "sentinels") == "block: failover-command");
    wish.engine = "sentinel";
    CHECK(verdict(world.checks(wish), "sentinels") == "ok: sentinel");
    world.facts.sentinels.clear();
    CHECK(verdict(world.checks(wish), "sentinels") == "block: none that can be asked watches it");
}

TEST_CASE("What the Sentinels could not carry through is not begun") {
    struct Case {
        const char* check;
        std::function<void(Watched&)> spoil;
        const char* expected;
    };
    const Error dead{ErrorCode::unreachable, "no connection", {}, {}, {}};
    const std::vector<Case> cases = {
        {"sentinel-agreement", [](auto& w) { w.word(1).master.host = "10.0.0.3"; },
         "block: 10.0.1.2:26379 names 10.0.0.3:6379"},
        {"sentinel-agreement", [](auto& w) { w.word(2).master.config_epoch = 8; }, "block: their epochs are 7, 8"},
        {"sentinel-agreement", [](auto& w) { w.word(2).master.name = "other"; },
         "block: it is called mymaster and other"},
        {"sentinel-agreement", [&](auto& w) { w.facts.sentinels[0].word = fail(dead); },
         "block: 10.0.1.1:26379: no connection"},
        {"sentinel-quorum", [](auto& w) { w.word(0).quorum = fail(ErrorCode::server, "NOQUORUM 1 usable Sentinels"); },
         "block: 10.0.1.1:26379: NOQUORUM 1 usable Sentinels"},
        {"sentinel-calm", [](auto& w) { w.word(0).master.flags = "master,s_down"; },
         "block: 10.0.1.1:26379 says s_down"},
        {"sentinel-calm", [](auto& w) { w.word(1).master.flags = "master,failover_in_progress"; },
         "block: 10.0.1.2:26379 says failover_in_progress"},
        {"sentinel-calm", [](auto& w) { w.word(2).tilt = true; }, "block: 10.0.1.3:26379 is in tilt"},
        {"sentinel-ghosts", [](auto& w) { w.word(1).master.known_sentinels = 4; }, "warn: 5 known, 3 answer"},
        {"sentinel-candidate", [](auto& w) { w.word(0).replicas.erase(w.word(0).replicas.begin()); },
         "block: 10.0.1.1:26379 does not know it"},
        {"sentinel-candidate", [](auto& w) { w.word(0).replicas[0].flags = "slave,s_down,disconnected"; },
         "block: 10.0.1.1:26379 calls it s_down; 10.0.1.1:26379 calls it disconnected"},
        {"sentinel-candidate", [](auto& w) { w.word(0).replicas[0].info_age_ms = 45'000; },
         "block: 10.0.1.1:26379 has not heard of it for 45 s"},
    };
    for (const Case& one : cases) {
        Watched world;
        one.spoil(world);
        CAPTURE(one.expected);
        CHECK(verdict(world.checks(), one.check) == one.expected);
    }
}

TEST_CASE("The Sentinel is left one to promote, behind a fence; what was borrowed goes back when they agree") {
    Watched world;
    world.view("10.0.0.3:6379").priority = 10;
    const Plan plan = world.plan();
    CHECK(plan.engine == "sentinel");
    CHECK(plan.sentinels == Lines{"10.0.1.1:26379", "10.0.1.2:26379", "10.0.1.3:26379"});
    CHECK(ids(plan) == Lines{"probe", "prefer", "preferred", "verify", "fence", "catch-up", "sentinel-failover!",
                             "demote", "move-clients", "repoint", "replicas-linked", "old-follows", "write",
                             "sentinels-agree", "give-back-priorities"});
    CHECK(lines_of(step(plan, "prefer").action) == Lines{"10.0.0.3:6379> CONFIG SET replica-priority 0"});
    CHECK(lines_of(step(plan, "prefer").undo.front()) == Lines{"10.0.0.3:6379> CONFIG SET replica-priority 10"});
    CHECK(lines_of(step(plan, "give-back-priorities").action) ==
          Lines{"10.0.0.3:6379> CONFIG SET replica-priority 10"});
    CHECK(sentence_of(step(plan, "preferred").after.front()) ==
          "Sentinel 10.0.1.1:26379 knows that 10.0.0.3:6379 has replica-priority 0");
    CHECK(lines_of(step(plan, "sentinel-failover").action) == Lines{"10.0.1.1:26379> SENTINEL FAILOVER mymaster"});
    // As long as they do not agree one of them may promote again, and then it must be the same node.
    CHECK(sentence_of(step(plan, "give-back-priorities").before.front()) ==
          "2 of the Sentinels 10.0.1.1:26379, 10.0.1.2:26379, 10.0.1.3:26379 call 10.0.0.2:6379 the master");
    CHECK(plan_from_json(to_json(plan))->sentinels == plan.sentinels);
}

TEST_CASE("A target that no Sentinel may promote is lent a priority, and one in tilt is not the one that is told") {
    Watched world;
    world.view("10.0.0.2:6379").priority = 0;
    world.word(0).tilt = true;
    const Plan plan = world.plan();
    CHECK(lines_of(step(plan, "prefer").action) ==
          Lines{"10.0.0.3:6379> CONFIG SET replica-priority 0", "10.0.0.2:6379> CONFIG SET replica-priority 100"});
    CHECK(step(plan, "sentinel-failover").node == "10.0.1.2:26379");
}
