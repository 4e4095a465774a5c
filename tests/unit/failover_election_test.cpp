#include "failover/cast.h"
#include "failover/election.h"
#include "failover/emergency_checks.h"
#include "failover/planner.h"
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

const std::string dead = "10.0.0.1:6379", second = "10.0.0.2:6379", third = "10.0.0.3:6379";

// A dead master, its replicas, and three Sentinels that have not noticed yet: down-after is a minute.
struct DeadMaster : FactsWorld {
    DeadMaster() : FactsWorld(std::vector<net::HostPort>{{"10.0.0.1", 6379}, {"10.0.0.2", 6379}, {"10.0.0.3", 6379}}) {
        silence(dead);
        for (const std::string& name : {second, third}) {
            view(name).link_up = false;
            view(name).link_down_seconds = 5;
            view(name).last_io_seconds.reset();
        }
        for (const char* name : {"10.0.1.1:26379", "10.0.1.2:26379", "10.0.1.3:26379"}) {
            SentinelFacts sentinel = watching(facts, name, 60'000, 180'000);
            sentinel.word->master.ping_age_ms = 5'000;
            for (const auto& [host, run_id] : {std::pair{"10.0.0.2", "bbbb"}, {"10.0.0.3", "aaaa"}})
                sentinel.word->replicas.push_back(remembered(host, run_id));
            facts.sentinels.push_back(std::move(sentinel));
        }
    }

    SentinelWord& word(size_t i) { return *facts.sentinels.at(i).word; }
    void each(const std::function<void(SentinelWord&)>& change) {
        for (SentinelFacts& sentinel : facts.sentinels) change(*sentinel.word);
    }
};

std::string why_not(const DeadMaster& world, const std::string& node) {
    const auto all = elections(world.facts);
    const auto found = all.front().passed_over.find(node);
    return found == all.front().passed_over.end() ? std::string() : found->second;
}

}  // namespace

TEST_CASE("A Sentinel's choice: priority, then offset, then run id") {
    DeadMaster world;
    CHECK(elections(world.facts)[0].choice == third);
    world.each([](SentinelWord& word) { word.replicas[0].offset = 991; });
    CHECK(elections(world.facts)[0].choice == second);
    world.each([](SentinelWord& word) { word.replicas[1].priority = 10; });
    CHECK(elections(world.facts)[0].choice == third);
}

TEST_CASE("What a Sentinel remembers is up to ten seconds old: asked anew it may choose another one") {
    DeadMaster world;
    world.each([](SentinelWord& word) { word.replicas[0].offset = 991; });
    for (const std::string& name : {second, third}) world.view(name).applied_offset = 991;
    world.view(second).run_id = "bbbb";
    world.view(third).run_id = "aaaa";
    CHECK(elections(world.facts)[0].choice == second);
    CHECK(elections(world.facts)[0].fresh_choice == third);
    world.view(second).applied_offset = 992;
    CHECK(elections(world.facts)[0].fresh_choice == second);
}

TEST_CASE("Why a Sentinel does not promote a replica") {
    struct Case {
        const char* why;
        std::function<void(SentinelWord&)> spoil;
    };
    const auto down = [](SentinelWord& word) {
        word.master.flags = "master,s_down";
        word.master.s_down_ms = 1'000;
    };
    const Case cases[] = {
        {"its replica-priority is 0", [](SentinelWord& word) { word.replicas[0].priority = 0; }},
        {"it holds it for down (s_down)", [](SentinelWord& word) { word.replicas[0].flags = "slave,s_down"; }},
        {"it has no connection to it", [](SentinelWord& word) { word.replicas[0].flags = "slave,disconnected"; }},
        {"it has not answered its PING for 6 s", [](SentinelWord& word) { word.replicas[0].silent_ms = 5'100; }},
        {"its last INFO is 31 s old, and at most 30 s counts",
         [](SentinelWord& word) { word.replicas[0].info_age_ms = 31'000; }},
        {"its last INFO is 6 s old, and at most 5 s counts",
         [&](SentinelWord& word) { down(word), word.replicas[0].info_age_ms = 6'000; }},
        {"its link to the master is down for 602 s, and at most 601 s counts",
         [&](SentinelWord& word) { down(word), word.replicas[0].link_down_ms = 602'000; }},
        {"it does not know it", [](SentinelWord& word) { word.replicas.erase(word.replicas.begin()); }},
        {"it never answered its INFO",
         [](SentinelWord& word) { word.replicas[0].id.clear(), word.replicas[0].offset.reset(); }}};
    for (const Case& one : cases) {
        CAPTURE(one.why);
        DeadMaster world;
        world.each(one.spoil);
        CHECK(why_not(world, second) == one.why);
        CHECK(elections(world.facts)[0].choice == third);
        CHECK(promoter_of(outlook(world.facts), second).empty());
        const auto checks = emergency_checks(world.facts, {}, third);
        REQUIRE(checks);
        CHECK(verdict(*checks, "sentinel-candidate", second) ==
              "warn: 10.0.1.1:26379, 10.0.1.2:26379, 10.0.1.3:26379: " + std::string(one.why));
    }
}

TEST_CASE("Sentinels are waited for where they act, and nowhere else") {
    struct Case {
        const char* what;  // "wait MS: …" or why they are idle
        std::function<void(DeadMaster&)> change;
    };
    const auto down_for = [](int64_t ms) {
        return [ms](DeadMaster& world) {
            world.each([ms](SentinelWord& word) {
                word.master.flags = "master,s_down";
                word.master.s_down_ms = ms;
            });
        };
    };
    const Case cases[] = {
        {"they notice it in 55 s only", [](DeadMaster&) {}},
        {"wait 13000: enough of them hold the master for down, or will soon",
         [](DeadMaster& world) { world.each([](SentinelWord& word) { word.master.ping_age_ms = 59'000; }); }},
        {"wait 11000: enough of them hold the master for down, or will soon", down_for(1'000)},
        {"they hold it for down since 30 s, and none has begun: one that was tried just now is tried again after twice "
         "its failover-timeout",
         down_for(30'000)},
        {"wait 185000: 10.0.1.2:26379 is at its failover of mymaster",
         [](DeadMaster& world) { world.word(1).master.flags = "master,s_down,o_down,failover_in_progress"; }},
        {"they cannot agree on a failover: NOQUORUM",
         [&](DeadMaster& world) {
             down_for(1'000)(world);
             world.each([](SentinelWord& word) { word.quorum = fail(ErrorCode::server, "NOQUORUM"); });
         }},
        {"none of them finds a replica that it would promote",
         [&](DeadMaster& world) {
             down_for(1'000)(world);
             world.each([](SentinelWord& word) {
                 for (auto& replica : word.replicas) replica.priority = 0;
             });
         }},
        {"too few of them hold the master for down",
         [](DeadMaster& world) {
             for (size_t i : {0, 1}) world.facts.sentinels[i].word = fail(ErrorCode::timeout, "no answer");
         }},
        // A process that lives and has lost its role: they hear it, and doubt its role in time.
        {"they notice it in 60 s only",
         [](DeadMaster& world) {
             world.facts.lost_role = true;
             world.node(dead).view = world.view(second);
             world.each([](SentinelWord& word) {
                 word.master.reported_role = "slave";
                 word.master.reported_role_ms = 20'000;
             });
         }},
    };
    for (const Case& one : cases) {
        CAPTURE(one.what);
        DeadMaster world;
        one.change(world);
        const Outlook seen = outlook(world.facts);
        const std::string said =
            seen.awaited ? "wait " + std::to_string(seen.awaited->at_most.count()) + ": " + seen.awaited->what
                         : seen.idle;
        CHECK(said == one.what);
    }
}

TEST_CASE("Nothing is begun beside a failover of theirs, unless it never began") {
    DeadMaster world;
    world.each([](SentinelWord& word) {
        word.master.flags = "master,s_down";
        word.master.s_down_ms = 1'000;
    });
    Wish wish;
    const auto calm = [&] {
        return verdict(*emergency_checks(world.facts, wish, third), "sentinel-calm").substr(0, 5);
    };
    CHECK(calm() == "block");
    wish.only_shown = true;
    CHECK(calm() == "warn:");
    wish = {};
    wish.waited = true;
    CHECK(calm() == "ok: t");
    world.word(0).master.flags += ",failover_in_progress";
    CHECK(calm() == "block");
}

TEST_CASE("A node that lost its role is the master that is replaced") {
    DeadMaster world;
    world.node(dead) = world.node(second);
    world.view(dead).master_host = "127.0.0.1";
    world.view(dead).link_up = false;
    world.facts.picture.nodes[0].master_node = dead;
    for (size_t i : {1, 2}) world.facts.picture.nodes[i].master_node = dead;
    find_master(world.facts);
    CHECK(world.facts.master.empty());
    find_lost_master(world.facts);
    CHECK(world.facts.master == dead);
    CHECK(world.facts.lost_role);
    const auto checks = emergency_checks(world.facts, {}, third);
    REQUIRE(checks);
    CHECK(verdict(*checks, "master-answers") ==
          "ok: 10.0.0.1:6379 answers as a replica of 127.0.0.1:6379, and nobody took its place");
    for (const Check& check : *checks) {
        CAPTURE(check.name);
        CAPTURE(check.value);
        CHECK_FALSE(refuses(check));
    }
    Cast cast = cast_for(world.facts, third);
    cast.watch->leader = "10.0.1.1:26379";
    cast.watch->keep_others_out = false;
    const Plan plan = plan_emergency_by_sentinel(cast, {});
    std::string ids;
    for (const Step& step : plan.steps) ids += step.id + " ";
    CHECK(ids == "sentinel-failover repoint replicas-linked old-follows write sentinels-agree ");
    CHECK(plan.loss_reason.starts_with("the old master was restarted"));
    CHECK_FALSE(plan.loss_bound);
    // One that a living node leads again has only changed its role.
    world.view(dead).link_up = true;
    world.facts.lost_role = false;
    world.facts.master.clear();
    find_lost_master(world.facts);
    CHECK(world.facts.master.empty());
}

TEST_CASE("In a circle it is the one that all Sentinels call the master that lost its role") {
    DeadMaster world;
    world.node(dead) = world.node(second);
    world.view(dead).link_up = false;
    world.view(dead).master_host = "10.0.0.2";
    world.view(dead).run_id = std::string(40, 'd');
    auto& picture = world.facts.picture;
    picture.nodes[0].master_node = second;
    for (size_t i : {1, 2}) picture.nodes[i].master_node = dead;
    const auto lost = [&] {
        world.facts.master.clear();
        world.facts.lost_role = false;
        find_lost_master(world.facts);
        return world.facts.master;
    };
    picture.sentinels.resize(2);
    for (topology::SentinelPicture& sentinel : picture.sentinels) {
        sentinel.master.emplace();
        sentinel.master_node = dead;
    }
    CHECK(lost() == dead);
    CHECK(world.facts.lost_role);
    picture.sentinels[1].master_node = second;
    CHECK(lost() == "");
    for (topology::SentinelPicture& sentinel : picture.sentinels) sentinel.master_node = second;
    CHECK(lost() == second);
    for (topology::SentinelPicture& sentinel : picture.sentinels) sentinel.master.reset();
    CHECK(lost() == "");
}

TEST_CASE("By hand the Sentinels that answer are told whom to watch") {
    DeadMaster world;
    world.facts.sentinels[2].word = fail(ErrorCode::timeout, "no answer");
    Cast cast = cast_for(world.facts, third);
    cast.watch->leader.clear();
    const Plan plan = plan_emergency(cast, {});
    std::vector<std::string> told;
    for (const Step& step : plan.steps)
        if (step.id.starts_with("name-to-"))
            for (const std::string& line : lines_of(step.action)) told.push_back(line);
    REQUIRE(told.size() >= 4);
    CHECK(told.front() == "10.0.1.1:26379> SENTINEL REMOVE mymaster");
    CHECK(told[1].starts_with("10.0.1.1:26379> SENTINEL MONITOR mymaster 10.0.0.3 6379 2"));
    CHECK(std::none_of(told.begin(), told.end(), [](const auto& line) { return line.starts_with("10.0.1.3"); }));
    const auto again = plan_from_json(to_json(plan));
    REQUIRE(again);
    CHECK(to_json(*again) == to_json(plan));
}
