#include "failover/cast.h"
#include "failover/planner.h"
#include "failover/pre_checks.h"
#include "tests/unit/failover_healthy_facts.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
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
            SentinelFacts sentinel = watching(facts, name, 5'000, 60'000);
            for (const char* host : {"10.0.0.2", "10.0.0.3"}) sentinel.word->replicas.push_back(remembered(host));
            facts.sentinels.push_back(std::move(sentinel));
        }
        const std::string ids[] = {std::string(40, 'a'), std::string(40, 'b'), std::string(40, 'c')};
        for (size_t i = 0; i < 3; i++) {
            word(i).memory->my_id = ids[i];
            for (size_t other = 0; other < 3; other++)
                if (other != i)
                    word(i).memory->sentinels.push_back(
                        {fmt::format("10.0.1.{}", other + 1), 26379, ids[other], "", {}, {}});
        }
    }

    SentinelWord& word(size_t i) { return *facts.sentinels.at(i).word; }
    std::vector<Check> checks(const Wish& wish = {}) { return *pre_checks(facts, wish, "10.0.0.2:6379"); }
    Plan plan(const Wish& wish = {}) {
        Cast cast = cast_for(facts, "10.0.0.2:6379");
        cast.operation = "3f9c1a02b7d4";
        return wish.engine == "sentinel-ahead"         ? plan_sentinel_ahead(cast, wish)
               : wish.engine == "sentinel-coordinated" ? plan_sentinel_coordinated(cast, wish)
                                                       : plan_sentinel(cast, wish);
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
    CHECK(ids(plan) == Lines{"probe", "prefer", "preferred", "preferred-by-all", "verify", "fence", "catch-up",
                             "sentinel-failover!", "demote", "move-clients", "repoint", "replicas-linked", "old-follows", "write",
                             "sentinels-agree", "give-back-priorities"});
    CHECK(lines_of(step(plan, "prefer").action) == Lines{"10.0.0.3:6379> CONFIG SET replica-priority 0"});
    CHECK(lines_of(step(plan, "prefer").undo.front()) == Lines{"10.0.0.3:6379> CONFIG SET replica-priority 10"});
    CHECK(lines_of(step(plan, "give-back-priorities").action) ==
          Lines{"10.0.0.3:6379> CONFIG SET replica-priority 10"});
    CHECK(sentence_of(step(plan, "preferred").after.front()) ==
          "Sentinel 10.0.1.1:26379 knows that 10.0.0.3:6379 has replica-priority 0");
    CHECK(lines_of(step(plan, "sentinel-failover").action) == Lines{"10.0.1.1:26379> SENTINEL FAILOVER mymaster"});
    const Step& all = step(plan, "preferred-by-all");
    CHECK(sentence_of(all.after.back()) == "Sentinel 10.0.1.3:26379 knows that 10.0.0.3:6379 has replica-priority 0");
    CHECK_FALSE(all.essential);
    world.facts.picture.system = "spotahome";
    const Lines operated = ids(world.plan());
    CHECK(std::find(operated.begin(), operated.end(), "preferred-by-all") == operated.end());
    // As long as they do not agree one of them may promote again, and then it must be the same node.
    CHECK(sentence_of(step(plan, "give-back-priorities").before.front()) ==
          "2 of the Sentinels 10.0.1.1:26379, 10.0.1.2:26379, 10.0.1.3:26379 call 10.0.0.2:6379 the master");
    CHECK(plan_from_json(to_json(plan))->sentinels == plan.sentinels);
}

TEST_CASE("One that was a master a moment ago is promoted when all Sentinels have heard that it is none") {
    Watched world;
    CHECK(ids(world.plan())[4] == "verify");
    world.word(2).replicas[0].reported_role = "master";
    world.word(2).replicas[1].reported_role = "slave";
    const Plan plan = world.plan();
    CHECK(ids(plan)[4] == "known-as-replica");
    const Step& known = step(plan, "known-as-replica");
    CHECK(sentence_of(known.after.front()) == "the Sentinels 10.0.1.3:26379 know 10.0.0.2:6379 as a replica");
    CHECK(known.essential);
    CHECK(to_json(*plan_from_json(to_json(plan))) == to_json(plan));
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

namespace {

Wish ahead() {
    Wish wish;
    wish.engine = "sentinel-ahead";
    return wish;
}

}  // namespace

TEST_CASE("Ahead of the Sentinels only where each of them can be told, and nobody else could tell otherwise") {
    Watched world;
    for (const Check& check : world.checks(ahead())) {
        CAPTURE(check.name);
        CAPTURE(check.value);
        CHECK(check.verdict == Verdict::ok);
    }
    CHECK(verdict(world.checks(ahead()), "sentinels") == "ok: sentinel-ahead");
    CHECK(verdict(world.checks(ahead()), "sentinel-peers") == "ok: 3");
    CHECK(verdict(world.checks(ahead()), "engine") == "ok: sentinel-ahead");
    struct Case {
        const char* check;
        std::function<void(Watched&)> spoil;
        const char* expected;
    };
    const std::vector<Case> cases = {
        {"sentinel-peers",
         [](auto& w) {
             w.word(1).memory->sentinels.push_back({"10.0.1.9", 26379, std::string(40, 'd'), "", {}, {}});
         },
         "block: 10.0.1.2:26379 knows 10.0.1.9:26379, which was not asked"},
        {"sentinel-peers", [](auto& w) { w.word(2).memory->sentinels.pop_back(); },
         "block: 10.0.1.3:26379 does not know 10.0.1.2:26379"},
        {"sentinel-peers",
         [](auto& w) {
             w.facts.sentinels.resize(1);
             w.facts.instance.sentinels.resize(1);
             w.word(0).memory->sentinels.clear();
         },
         "block: there is one alone: nobody can tell it"},
        {"sentinel-peers", [](auto& w) { w.word(0).memory = fail(ErrorCode::forbidden, "NOPERM"); },
         "block: 10.0.1.1:26379: NOPERM; 10.0.1.2:26379 knows 10.0.1.1:26379, which was not asked; 10.0.1.3:26379 "
         "knows 10.0.1.1:26379, which was not asked"},
        {"engine", [](auto& w) { w.node("10.0.0.1:6379").abilities["failover"] = Ability::missing; },
         "block: fenced: 10.0.0.1:6379 does not know FAILOVER: renamed or disabled"},
    };
    for (const Case& one : cases) {
        Watched spoilt;
        one.spoil(spoilt);
        CAPTURE(one.expected);
        CHECK(verdict(spoilt.checks(ahead()), one.check) == one.expected);
    }
    Watched old_sentinel;
    old_sentinel.word(0).memory->my_id.clear();
    CHECK(verdict(old_sentinel.checks(ahead()), "sentinel-peers").find("10.0.1.1:26379 does not tell its id") !=
          std::string::npos);
    world.facts.sentinels.clear();
    CHECK(verdict(world.checks(ahead()), "sentinels") == "block: none that can be asked watches it");
}

TEST_CASE("Ahead of the Sentinels: FAILOVER, and right behind it each is told in the name of another") {
    Watched world;
    const Plan plan = world.plan(ahead());
    CHECK(plan.engine == "sentinel-ahead");
    CHECK(ids(plan) == Lines{"probe", "sentinels-listen", "verify", "hand-over!", "tell-sentinels", "move-clients",
                             "repoint", "replicas-linked", "old-follows", "write", "sentinels-agree"});
    const std::string a(40, 'a'), b(40, 'b');
    CHECK(lines_of(step(plan, "sentinels-listen").action).front() ==
          "10.0.1.1:26379> PUBLISH __sentinel__:hello 10.0.1.2,26379," + b + ",7,mymaster,10.0.0.1,6379,7");
    CHECK(lines_of(step(plan, "tell-sentinels").action) ==
          Lines{"10.0.1.1:26379> PUBLISH __sentinel__:hello 10.0.1.2,26379," + b + ",8,mymaster,10.0.0.2,6379,8",
                "10.0.1.2:26379> PUBLISH __sentinel__:hello 10.0.1.1,26379," + a + ",8,mymaster,10.0.0.2,6379,8",
                "10.0.1.3:26379> PUBLISH __sentinel__:hello 10.0.1.1,26379," + a + ",8,mymaster,10.0.0.2,6379,8"});
    CHECK(
        plan.notes.back() ==
        "should redisctl be killed behind hand-over, its guardian, a process of its own, finishes the switch; without "
        "that the Sentinels would promote somebody 25 s later");
    CHECK_FALSE(step(plan, "sentinels-agree").essential);
    const auto again = plan_from_json(to_json(plan));
    REQUIRE(again);
    CHECK(lines_of(step(*again, "tell-sentinels").action) == lines_of(step(plan, "tell-sentinels").action));
}

namespace {

// All of them Valkey 9, and permitted what they need.
struct Coordinating : Watched {
    Coordinating() {
        for (size_t i = 0; i < 3; i++) word(i).server = "valkey", word(i).version = "9.1.2";
        NodeFacts& master = node("10.0.0.1:6379");
        master.company->sentinel_users = {"watcher"};
        for (const char* command : {"failover", "client|pause", "client|unpause"})
            master.sentinel_abilities[command] = Ability::yes;
    }
    std::string why_not() { return why_no_coordination(facts, "10.0.0.2:6379"); }
};

Wish coordinated() {
    Wish wish;
    wish.engine = "sentinel-coordinated";
    return wish;
}

}  // namespace

TEST_CASE("Coordinated only where every Sentinel knows it and may do it") {
    Coordinating world;
    CHECK(world.why_not().empty());
    CHECK(verdict(world.checks(coordinated()), "engine") == "ok: sentinel-coordinated");
    CHECK(verdict(world.checks(coordinated()), "sentinels") == "ok: sentinel-coordinated");
    struct Case {
        std::function<void(Coordinating&)> spoil;
        const char* expected;
    };
    const Error dead{ErrorCode::unreachable, "no connection", {}, {}, {}};
    const std::vector<Case> cases = {
        {[](auto& w) { w.word(1).version = "8.1.1"; }, "10.0.1.2:26379 is valkey 8.1.1, COORDINATED needs Valkey 9.0"},
        {[](auto& w) { w.word(2).server = "redis"; }, "10.0.1.3:26379 is redis 9.1.2, COORDINATED needs Valkey 9.0"},
        {[](auto& w) { w.word(0).version = "9.1.0"; },
         "10.0.1.1:26379 is Valkey 9.1.0, which crashes when its connection to the old master ends"},
        {[&](auto& w) { w.facts.sentinels[2].word = fail(dead); }, "10.0.1.3:26379 does not answer"},
        {[](auto& w) { w.node("10.0.0.1:6379").abilities["failover"] = Ability::missing; },
         "10.0.0.1:6379 does not know FAILOVER: renamed or disabled"},
        {[](auto& w) { w.node("10.0.0.1:6379").sentinel_abilities["failover"] = Ability::denied; },
         "the Sentinels lack +failover at 10.0.0.1:6379, as user watcher"},
        {[](auto& w) { w.node("10.0.0.1:6379").sentinel_abilities.clear(); },
         "10.0.0.1:6379 does not tell what the Sentinels may do"},
    };
    for (const Case& one : cases) {
        Coordinating spoilt;
        one.spoil(spoilt);
        CHECK(spoilt.why_not() == one.expected);
        CHECK(verdict(spoilt.checks(coordinated()), "engine") == fmt::format("block: {}", one.expected));
    }
}

TEST_CASE("Coordinated: nothing is fenced, and what hangs is taken back") {
    Coordinating world;
    const Plan plan = world.plan(coordinated());
    CHECK(plan.engine == "sentinel-coordinated");
    CHECK(ids(plan) == Lines{"probe", "prefer", "preferred", "preferred-by-all", "verify", "sentinel-failover!",
                             "move-clients", "repoint", "replicas-linked", "old-follows", "write", "sentinels-agree", "give-back-priorities"});
    const Step& failover = step(plan, "sentinel-failover");
    CHECK(lines_of(failover.action) ==
          Lines{"10.0.1.1:26379> SENTINEL FAILOVER mymaster COORDINATED", "10.0.0.2:6379> REPLCONF GETACK '*'"});
    REQUIRE(failover.undo.size() == 2);
    CHECK(lines_of(failover.undo[1]) == Lines{"10.0.0.1:6379> CLIENT UNPAUSE"});
    CHECK(lines_of(step(plan, "move-clients").action).back() == "10.0.0.1:6379> CLIENT UNPAUSE");
    const auto again = plan_from_json(to_json(plan));
    REQUIRE(again);
    CHECK(lines_of(step(*again, "sentinel-failover").action) == lines_of(failover.action));
}

TEST_CASE("Held: a pause in place of the fence, which it becomes when the promotion is late") {
    Watched world;
    Wish wish;
    wish.hold = true;
    const Plan plan = world.plan(wish);
    CHECK(plan.engine == "sentinel");
    CHECK(ids(plan) == Lines{"probe", "prefer", "preferred", "preferred-by-all", "verify", "hold", "catch-up",
                             "sentinel-failover!", "demote", "move-clients", "repoint", "replicas-linked", "old-follows", "write",
                             "sentinels-agree", "give-back-priorities"});
    CHECK(lines_of(step(plan, "hold").action) == Lines{"10.0.0.1:6379> CLIENT PAUSE 3000 WRITE"});
    CHECK(lines_of(step(plan, "hold").undo.front()).back() == "10.0.0.1:6379> CLIENT UNPAUSE");
    CHECK(lines_of(step(plan, "sentinel-failover").action).back() ==
          "after 1500 ms: 10.0.0.1:6379> CONFIG SET min-replicas-to-write 1000");
    const Lines demote = lines_of(step(plan, "demote").action);
    CHECK(demote[demote.size() - 2] == "10.0.0.1:6379> CLIENT UNPAUSE");
}

TEST_CASE("Held only for less time than Sentinels wait for an answer, and only where a pause helps") {
    const auto held = [](std::string engine, int64_t ms) {
        Wish wish;
        wish.hold = true;
        wish.engine = std::move(engine);
        wish.timeout = Millis(ms);
        return wish;
    };
    Watched world;  // down-after-milliseconds 5000
    CHECK(verdict(world.checks(held("", 3'000)), "hold").starts_with("ok: "));
    CHECK(verdict(world.checks(held("", 4'500)), "hold").starts_with("ok: "));
    CHECK(verdict(world.checks(held("", 4'501)), "hold") ==
          "block: a pause of 4501 ms, and they hold it for dead after 5000 ms without an answer");
    CHECK(verdict(world.checks(held("", 999)), "hold").starts_with("block: "));
    world.word(2).master.down_after_ms = 1'000;
    CHECK(verdict(world.checks(held("", 3'000)), "hold") ==
          "block: a pause of 3000 ms, and they hold it for dead after 1000 ms without an answer");
    for (const char* engine : {"fenced", "failover-command", "sentinel-ahead", "sentinel-coordinated"})
        CHECK(verdict(world.checks(held(engine, 1'000)), "hold") ==
              fmt::format("block: it is of engine sentinel, not {}", engine));
    world.facts.sentinels.clear();
    CHECK(verdict(world.checks(held("", 3'000)), "hold") == "block: no Sentinel that can be asked watches it");
}
