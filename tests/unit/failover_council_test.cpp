#include "failover/sentinel_conditions.h"
#include "failover/sentinel_reset.h"
#include "failover/sentinel_sync.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace redisctl;
using namespace redisctl::failover;
using topology::Standing;

namespace {

using Lines = std::vector<std::string>;

topology::Recalled recalled(const std::string& node, const std::string& address, Standing standing) {
    topology::Recalled one;
    one.node = node;
    one.address = address;
    one.told.host = address.substr(0, address.find(':'));
    one.told.port = std::stoi(address.substr(address.find(':') + 1));
    one.told.id = "id of " + address;
    one.told.silent_ms = standing == Standing::here ? 100 : 7'200'000;
    one.told.hello_ms = 500;
    one.standing = standing;
    one.heard = standing == Standing::here;
    return one;
}

// A master m with two replicas that it lists, and three Sentinels on it; each remembers all that lives.
CouncilFacts healthy() {
    CouncilFacts facts;
    facts.picture.name = "redis";
    facts.picture.ns = "default";
    facts.council.master = "m";
    topology::NodePicture master;
    master.name = "m";
    master.view.emplace();
    master.view->role = redis::Role::master;
    for (int i = 1; i <= 2; i++) master.view->replicas.push_back({fmt::format("10.0.0.{}", i), 6379, "online", 0, 0});
    facts.picture.nodes = {master};
    for (int i = 0; i < 3; i++) {
        topology::SentinelPicture sentinel;
        sentinel.name = sentinel.pod = fmt::format("s{}", i);
        redis::SentinelMaster watched;
        watched.name = "mymaster";
        watched.host = "10.0.0.9";
        watched.port = 6379;
        watched.flags = "master";
        watched.quorum = 2;
        watched.down_after_ms = 5'000;
        watched.failover_timeout_ms = 10'000;
        watched.parallel_syncs = 1;
        sentinel.view.emplace();
        sentinel.view->tilt = false;
        sentinel.view->masters = {watched};
        sentinel.master = watched;
        sentinel.master_node = "m";
        facts.picture.sentinels.push_back(sentinel);
        topology::CouncilMember member;
        member.watches = "m";
        member.on_master = true;
        for (int r = 1; r <= 2; r++)
            member.replicas.push_back(
                recalled(fmt::format("r{}", r), fmt::format("10.0.0.{}:6379", r), Standing::here));
        for (int s = 0; s < 3; s++)
            if (s != i)
                member.sentinels.push_back(
                    recalled(fmt::format("s{}", s), fmt::format("10.0.1.{}:26379", s), Standing::here));
        facts.council.members.push_back(member);
    }
    return facts;
}

void watch(CouncilFacts& facts, size_t i, const redis::SentinelMaster& master, const std::string& node) {
    facts.picture.sentinels[i].view->masters = {master};
    facts.picture.sentinels[i].master = master;
    facts.picture.sentinels[i].master_node = node;
    facts.council.members[i].watches = node.empty() ? "10.9.9.9:6379" : node;
    facts.council.members[i].on_master = node == "m";
}

Lines steps(const Plan& plan) {
    Lines ids;
    for (const Step& step : plan.steps) ids.push_back(step.id);
    return ids;
}

// "name" of each check that refuses.
Lines refusing(const Result<std::vector<Check>>& checks) {
    REQUIRE(checks);
    Lines names;
    for (const Check& check : *checks)
        if (refuses(check)) names.push_back(check.name);
    return names;
}

}  // namespace

TEST_CASE("a reset forgets what is gone, one Sentinel after the other") {
    CouncilFacts facts = healthy();
    facts.picture.sentinels[0].master->name = facts.picture.sentinels[0].view->masters[0].name = "my[1]*";
    facts.council.members[0].sentinels.push_back(recalled("", "10.0.1.7:26379", Standing::ghost));
    facts.council.members[2].replicas.push_back(recalled("other/o/o-0", "10.0.0.5:6379", Standing::crossed));
    const ResetWish wish;
    CHECK(to_reset(facts, wish) == std::vector<size_t>{0, 2});
    CHECK(refusing(reset_checks(facts, wish)) == Lines{});
    const Plan plan = plan_reset(facts, wish);
    CHECK(steps(plan) == Lines{"reset-s0", "find-s0", "reset-s2", "find-s2"});
    CHECK(lines_of(plan.steps[0].action) == Lines{"s0> SENTINEL RESET 'my\\[1\\]\\*'"});
    CHECK(plan.steps[0].achieved == "s0 forgot 10.0.1.7:26379, silent for 2 h");
    CHECK(plan.steps[2].achieved == "s2 forgot 10.0.0.5:6379 (other/o/o-0)");
    CHECK(plan.steps[0].commits);
    CHECK(!plan.steps[2].commits);
    CHECK(plan.master == "m");
    CHECK(plan.sentinels == Lines{"s0", "s1", "s2"});
    const auto& knows = std::get<SentinelKnows>(plan.steps[1].after.front());
    CHECK(knows.replicas.size() == 2);
    CHECK(knows.sentinels == std::map<std::string, std::string>{{"10.0.1.1:26379", "id of 10.0.1.1:26379"},
                                                                {"10.0.1.2:26379", "id of 10.0.1.2:26379"}});
    // The third is reset only when the first has found everything again.
    const auto& before = plan.steps[2].before;
    CHECK(std::any_of(before.begin(), before.end(), [](const Condition& condition) {
        const auto* one = std::get_if<SentinelKnows>(&condition);
        return one != nullptr && one->node == "s0";
    }));
    auto again = plan_from_json(to_json(plan));
    REQUIRE(again);
    CHECK(to_json(*again) == to_json(plan));

    ResetWish only;
    only.sentinels = {"s1", "s2"};
    CHECK(to_reset(facts, only) == std::vector<size_t>{2});
}

TEST_CASE("a reset is refused where something that lives would be forgotten, or too few would be left") {
    struct {
        void (*spoil)(CouncilFacts&);
        Lines checks;
    } cases[] = {
        {[](auto& f) { f.picture.nodes[0].view->replicas.pop_back(); }, {"live-nodes"}},
        {[](auto& f) { f.council.members[0].replicas[0] = recalled("r1", "10.0.0.77:6379", Standing::silent); },
         {"live-nodes"}},
        {[](auto& f) {
             auto one = recalled("", "10.0.1.8:26379", Standing::elsewhere);
             one.heard = true;
             one.told.hello_ms = 60'000;
             f.council.members[0].sentinels.push_back(one);
         },
         {"live-nodes"}},
        {[](auto& f) { f.picture.sentinels[1].view->tilt = true; }, {"tilt"}},
        {[](auto& f) { f.picture.sentinels[1].master->flags = "master,failover_in_progress"; }, {"failover"}},
        {[](auto& f) { f.picture.nodes[0].view.reset(); }, {"master"}},
        {[](auto& f) { f.picture.nodes[0].view->role = redis::Role::replica; }, {"master"}},
        {[](auto& f) { f.council.members[1].on_master = f.council.members[2].on_master = false; },
         {"quorum-left", "live-nodes"}},
        {[](auto& f) { f.picture.sentinels[0].master->flags = "master,s_down"; }, {"watches-master"}},
        {[](auto& f) {
             f.council.members[2].error = Error{ErrorCode::forbidden, "NOPERM", {}, {}, {}};
             f.picture.sentinels[2].master->quorum = 1;
         },
         {"quorum-left", "memory"}},
    };
    for (const auto& one : cases) {
        CouncilFacts facts = healthy();
        facts.council.members[0].sentinels.push_back(recalled("", "10.0.1.7:26379", Standing::ghost));
        one.spoil(facts);
        CHECK(refusing(reset_checks(facts, {})) == one.checks);
    }
    // A replica that the master lists by another name, and follows it, is found again.
    CouncilFacts facts = healthy();
    facts.council.members[0].replicas[0].told.host = "redis-1.redis.default.svc";
    topology::NodePicture replica;
    replica.name = "r1";
    replica.master_node = "m";
    replica.view.emplace();
    replica.view->link_up = true;
    facts.picture.nodes.push_back(replica);
    facts.council.members[0].sentinels.push_back(recalled("", "10.0.1.7:26379", Standing::ghost));
    CHECK(refusing(reset_checks(facts, {})) == Lines{});

    ResetWish wish;
    wish.overrides = {"live-nodes"};
    CHECK(reset_checks(facts, wish).error().message == "check live-nodes cannot be overridden");
}

TEST_CASE("a sync sets what differs, as most have it, and can take it back") {
    CouncilFacts facts = healthy();
    CHECK(in_step(facts, agreement_of(facts)));
    auto odd = *facts.picture.sentinels[1].master;
    odd.down_after_ms = 30'000;
    odd.quorum = 1;
    watch(facts, 1, odd, "m");
    const Agreement agreement = agreement_of(facts);
    CHECK(!in_step(facts, agreement));
    CHECK(refusing(sync_checks(facts, agreement, {})) == Lines{});
    const Plan plan = plan_sync(facts, agreement, {});
    CHECK(steps(plan) == Lines{"set-s1"});
    CHECK(lines_of(plan.steps[0].action) == Lines{"s1> SENTINEL SET mymaster down-after-milliseconds 5000 quorum 2"});
    CHECK(lines_of(plan.steps[0].undo.at(0)) ==
          Lines{"s1> SENTINEL SET mymaster down-after-milliseconds 30000 quorum 1"});
    CHECK(plan.steps[0].achieved ==
          "s1 has down-after-milliseconds 5000, quorum 2, before it had down-after-milliseconds 30000, quorum 1");
}

TEST_CASE("a sync makes one that watches something else watch the master") {
    CouncilFacts facts = healthy();
    redis::SentinelMaster foreign = *facts.picture.sentinels[1].master;
    foreign.host = "10.9.9.9";
    redis::SentinelMaster besides = foreign;
    besides.name = "another";
    watch(facts, 1, foreign, "");
    facts.picture.sentinels[1].view->masters.push_back(besides);
    facts.picture.sentinels[2].view->masters.clear();
    facts.picture.sentinels[2].master.reset();
    facts.council.members[2].on_master = false;
    facts.council.members[2].watches.clear();
    SyncWish wish;
    wish.renamed.emplace();
    const Agreement agreement = agreement_of(facts);
    CHECK(agreement.agreeing == 1);
    CHECK(refusing(sync_checks(facts, agreement, wish)) == Lines{"majority"});
    wish.overrides = {"majority"};
    CHECK(refusing(sync_checks(facts, agreement, wish)) == Lines{});
    const Plan plan = plan_sync(facts, agreement, wish);
    CHECK(steps(plan) == Lines{"monitor-s1", "find-s1", "monitor-s2", "find-s2"});
    CHECK(lines_of(plan.steps[0].action) ==
          Lines{"s1> SENTINEL REMOVE mymaster", "s1> SENTINEL MONITOR mymaster 10.0.0.9 6379 2",
                "s1> SENTINEL SET mymaster down-after-milliseconds 5000",
                "s1> SENTINEL SET mymaster failover-timeout 10000", "s1> SENTINEL SET mymaster parallel-syncs 1",
                "s1> SENTINEL SET mymaster auth-pass …: as redisctl logs in at m, where that needs it"});
    CHECK(lines_of(plan.steps[0].undo.at(0)).at(1) == "s1> SENTINEL MONITOR mymaster 10.9.9.9 6379 2");
    CHECK(lines_of(plan.steps[2].action).at(0) == "s2> SENTINEL MONITOR mymaster 10.0.0.9 6379 2");
    CHECK(lines_of(plan.steps[2].undo.at(0)) == Lines{"s2> SENTINEL REMOVE mymaster"});
    CHECK(!plan.steps[1].essential);

    wish.renamed = Lines{"CONFIG"};
    CHECK(refusing(sync_checks(facts, agreement, wish)) == Lines{"renamed-commands"});
    wish.renamed.reset();
    CHECK(refusing(sync_checks(facts, agreement, wish)) == Lines{"renamed-commands"});
    wish.renamed.emplace();
    facts.picture.sentinels[1].view->masters[0].scripts = {"notification-script"};
    CHECK(refusing(sync_checks(facts, agreement, wish)) == Lines{"scripts"});
    facts.picture.sentinels[0].master->host = "127.0.0.1";
    facts.picture.sentinels[0].master->scripts = {"client-reconfig-script"};
    CHECK(refusing(sync_checks(facts, agreement_of(facts), wish)) ==
          Lines{"scripts", "scripts-elsewhere", "address", "scripts-elsewhere", "address"});
}

TEST_CASE("a sync leads Sentinels back that were all restarted with the first master's name") {
    CouncilFacts facts = healthy();
    facts.picture.nodes[0].address = "10.0.0.1:6379";
    for (size_t i = 0; i < 3; i++) watch(facts, i, *facts.picture.sentinels[i].master, "first");
    SyncWish wish;
    wish.renamed.emplace();
    const Agreement agreement = agreement_of(facts);
    CHECK(agreement.agreeing == 0);
    CHECK(refusing(sync_checks(facts, agreement, wish)) == Lines{"majority"});
    wish.overrides = {"majority"};
    CHECK(refusing(sync_checks(facts, agreement, wish)) == Lines{});
    const Plan plan = plan_sync(facts, agreement, wish);
    CHECK(steps(plan) == Lines{"monitor-s0", "find-s0", "monitor-s1", "find-s1", "monitor-s2", "find-s2"});
    CHECK(lines_of(plan.steps[0].action).at(1) == "s0> SENTINEL MONITOR mymaster 10.0.0.1 6379 2");
    CHECK(lines_of(plan.steps[0].undo.at(0)).at(1) == "s0> SENTINEL MONITOR mymaster 10.0.0.9 6379 2");

    for (auto& sentinel : facts.picture.sentinels) sentinel.master_node.clear();
    wish.overrides = {};
    CHECK(refusing(sync_checks(facts, agreement_of(facts), wish)) == Lines{"majority", "settings"});
}

TEST_CASE("settings without a majority are nobody's to choose") {
    CouncilFacts facts = healthy();
    for (size_t i = 0; i < 3; i++) facts.picture.sentinels[i].master->parallel_syncs = static_cast<int64_t>(i) + 1;
    const Agreement agreement = agreement_of(facts);
    CHECK(agreement.undecided == Lines{"parallel-syncs"});
    CHECK(!in_step(facts, agreement));
    CHECK(refusing(sync_checks(facts, agreement, {})) == Lines{"settings"});
}

TEST_CASE("what a Sentinel says now is held against what a plan wants") {
    SentinelAnswer word;
    word.view.tilt = false;
    redis::SentinelMaster master;
    master.name = "mymaster";
    master.host = "10.0.0.9";
    master.port = 6379;
    master.flags = "master";
    master.quorum = 2;
    word.master = master;
    word.memory.quorum_ok = true;
    word.memory.replicas = {{"10.0.0.1", 6379, "r1", "slave", 100, {}}};
    word.memory.sentinels = {{"10.0.1.1", 26379, "s1", "sentinel", 100, {}}};
    const SentinelKnows knows{"s0", "mymaster", {{"10.0.0.1:6379", ""}}, {{"10.0.1.99:26379", "s1"}}, true};
    CHECK(what_differs(knows, word) == "");
    CHECK(what_differs(SentinelCalm{"s0", "mymaster"}, word) == "");
    CHECK(what_differs(SentinelForgot{"s0", "mymaster", {"10.0.0.7:6379"}}, word) == "");
    CHECK(what_differs(SentinelForgot{"s0", "mymaster", {"10.0.1.1:26379"}}, word) == "s0 remembers 10.0.1.1:26379");
    CHECK(what_differs(SentinelWatches{"s0", "mymaster", "10.0.0.9", 6379}, word) == "");
    CHECK(what_differs(SentinelWatches{"s0", "mymaster", "", 0}, word) == "s0 watches mymaster at 10.0.0.9:6379");
    CHECK(what_differs(SentinelSettings{"s0", "mymaster", {{"quorum", "3"}}}, word) == "s0 has quorum 2");

    word.memory.quorum_ok = false;
    word.memory.quorum_words = "NOQUORUM 1 usable Sentinels.";
    CHECK(what_differs(knows, word) == "SENTINEL CKQUORUM says on s0: NOQUORUM 1 usable Sentinels.");
    word.memory.sentinels[0].flags = "sentinel,s_down";
    CHECK(what_differs(knows, word) == "s0 does not hear the Sentinel 10.0.1.99:26379 yet");
    word.memory.replicas.clear();
    CHECK(what_differs(knows, word) == "s0 does not hear the replica 10.0.0.1:6379 yet");
    word.master->flags = "master,failover_in_progress";
    CHECK(what_differs(SentinelCalm{"s0", "mymaster"}, word) == "s0 is in the middle of a failover of mymaster");
    word.view.tilt = true;
    CHECK(what_differs(SentinelCalm{"s0", "mymaster"}, word) == "s0 is in TILT mode");
    word.master.reset();
    CHECK(what_differs(knows, word) == "s0 watches no mymaster");
    CHECK(what_differs(SentinelWatches{"s0", "mymaster", "", 0}, word) == "");
}
