#include "failover/candidates.h"
#include "tests/unit/failover_healthy_facts.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using namespace redisctl::testing;

namespace {

// "redis-1 1210: why" of each, best first; "-" for those that cannot be it.
std::vector<std::string> table(const std::vector<Score>& scores) {
    std::vector<std::string> lines;
    for (const Score& score : scores)
        lines.push_back(score.node + (score.eligible ? " " + std::to_string(score.points) : " -") + ": " + score.why);
    return lines;
}

std::string chosen(const Facts& facts, const Wish& wish, Mode mode = Mode::planned) {
    const Choice choice = choose(facts, wish, mode);
    if (choice.node) return *choice.node;
    return std::string(code_name(choice.node.error().code)) + ": " + choice.node.error().message + " (" +
           choice.node.error().cause + ") " + choice.node.error().hint;
}

// Dead master, three replicas that have lost it.
struct Orphans : FactsWorld {
    Orphans() : FactsWorld(sb_replica("redis", "redis", 4)) {
        silence("redis-0");
        for (const char* name : {"redis-1", "redis-2", "redis-3"}) {
            view(name).link_up = false;
            view(name).link_down_seconds = 5;
        }
    }
};

}  // namespace

TEST_CASE("Equal replicas stand in natural order, each with its points and why") {
    FactsWorld world(sb_replica("redis", "redis", 11));
    const auto scores = candidates(world.facts, {}, Mode::planned);
    REQUIRE(scores.size() == 10);
    CHECK(table(scores).front() ==
          "redis-1 210: priority 100 (+0), 10B behind (+100), heard just now (+20), same version (+50), "
          "on the master's Kubernetes node (+0), n1 is Ready (+40)");
    CHECK(scores[1].node == "redis-2");
    CHECK(scores.back().node == "redis-10");
    CHECK(chosen(world.facts, {}) == "redis-1");
}

TEST_CASE("What counts for a replica, and what counts most") {
    struct Case {
        std::string what;
        std::function<void(FactsWorld&)> prefer;  // redis-2 over redis-1
    };
    const std::vector<Case> cases = {
        {"a lower priority, even when it is far behind",
         [](auto& w) {
             w.view("redis-2").priority = 50;
             w.node("redis-2").later->offset -= 900;
         }},
        {"fewer bytes behind", [](auto& w) { w.node("redis-1").later->offset -= 100'000; }},
        {"heard just now", [](auto& w) { w.view("redis-0").replicas[0].lag_seconds = 3; }},
        {"the master's version", [](auto& w) { w.view("redis-1").version = "7.2.0"; }},
        {"another machine than the master's",
         [](auto& w) {
             w.facts.instance.nodes[2].k8s_node = "n2";
             w.facts.kubernetes->k8s_nodes.emplace("n2", *w.facts.kubernetes->k8s_nodes.at("n1"));
         }},
        {"a machine that is not being drained",
         [](auto& w) {
             w.facts.instance.nodes[1].k8s_node = "n2";
             kube::K8sNode machine;
             machine.ready = "True";
             machine.unschedulable = true;
             w.facts.kubernetes->k8s_nodes.emplace("n2", machine);
         }},
    };
    for (const Case& one : cases) {
        FactsWorld world;
        one.prefer(world);
        CAPTURE(one.what);
        CHECK(chosen(world.facts, {}) == "redis-2");
    }
}

TEST_CASE("Who cannot be it says why") {
    struct Case {
        std::function<void(FactsWorld&)> spoil;
        const char* why;
    };
    const std::vector<Case> cases = {
        {[](auto& w) { w.silence("redis-1"); }, "no connection in time"},
        {[](auto& w) { w.view("redis-1").loading = true; }, "it is loading its dataset"},
        {[](auto& w) { w.view("redis-1").sync_in_progress = true; },
         "it is being synchronised: it holds a part of the data at most"},
        {[](auto& w) { w.view("redis-1").priority = 0; }, "replica-priority 0 says: never the master"},
        {[](auto& w) { w.view("redis-1").link_up = false; }, "its link to the master is down"},
        {[](auto& w) { w.view("redis-1").replid = history_b; }, "its history is not the master's"},
        {[](auto& w) { w.view("redis-1").version = "6.2.0"; }, "its version 6.2.0 is older than the master's"},
        {[](auto& w) { w.view("redis-0").replicas[0].state = "send_bulk"; }, "the master calls it send_bulk"},
        {[](auto& w) { w.view("redis-0").replicas.clear(); }, "the master lists no address that is certainly its own"},
        {[](auto& w) {
             w.world.follow("redis-1", "redis-2");
             w.renew();
         },
         "it follows redis-2, not the master"},
    };
    for (const Case& one : cases) {
        FactsWorld world;
        one.spoil(world);
        const auto scores = candidates(world.facts, {}, Mode::planned);
        CAPTURE(one.why);
        REQUIRE(scores.size() == 2);
        const auto it =
            std::find_if(scores.begin(), scores.end(), [](const Score& score) { return score.node == "redis-1"; });
        CHECK_FALSE(it->eligible);
        CHECK(it->why == one.why);
        CHECK(it->points == 0);
    }
}

TEST_CASE("--promote is obeyed or refused with the reason") {
    FactsWorld world;
    world.view("redis-1").priority = 50;
    Wish wish;
    wish.promote = "redis-2";
    CHECK(chosen(world.facts, wish) == "redis-2");
    world.view("redis-2").link_up = false;
    world.view("redis-2").priority = 0;
    CHECK(chosen(world.facts, wish) ==
          "REFUSED: redis-2 cannot become the master (replica-priority 0 says: never the master; its link to the "
          "master is "
          "down) --promote redis-1");
    wish.promote = "redis-0";
    CHECK(chosen(world.facts, wish) == "redis-0");  // is it already: nothing to do
    wish.promote = "redis-9";
    CHECK(chosen(world.facts, wish) ==
          "NOT_FOUND: --promote redis-9: default/redis has no such node (there are redis-0, redis-1, redis-2) "
          "--promote redis-0");
}

TEST_CASE("--avoid names nodes and machines") {
    FactsWorld world;
    world.facts.instance.nodes[2].k8s_node = "n2";
    Wish wish;
    wish.avoid = {"k8s-node/n2"};
    CHECK(chosen(world.facts, wish) == "redis-1");
    wish.avoid = {"redis-1"};
    CHECK(chosen(world.facts, wish) == "redis-2");
    wish.avoid = {"redis-1", "k8s-node/n2"};
    CHECK(chosen(world.facts, wish) ==
          "REFUSED: no node of default/redis can become the master (redis-1: --avoid names it; redis-2: --avoid names "
          "its "
          "Kubernetes node n2) ");
    wish.avoid = {"k8s-node/n7"};
    CHECK(chosen(world.facts, wish) ==
          "NOT_FOUND: --avoid k8s-node/n7: default/redis has no such node (there are redis-0, redis-1, redis-2) ");
}

TEST_CASE("An instance without replicas has nobody to promote") {
    FactsWorld world(std::vector<net::HostPort>{{"127.0.0.1", 7001}});
    CHECK(chosen(world.facts, {}) == "REFUSED: no node of 127.0.0.1:7001 can become the master (it has no replica) ");
}

TEST_CASE("In an emergency the replica that has applied most is the best, then the one that has read most") {
    Orphans world;
    world.view("redis-1").applied_offset = 900;
    world.view("redis-2").applied_offset = 980;
    world.view("redis-3").applied_offset = 980;
    world.view("redis-3").read_offset = 1500;
    world.view("redis-1").priority = 1;
    CHECK(table(candidates(world.facts, {}, Mode::emergency)) ==
          std::vector<std::string>{
              "redis-3 0: nobody has applied more: offset 980, 520B more read and not yet applied, priority 100",
              "redis-2 0: nobody has applied more: offset 980, 10B more read and not yet applied, priority 100",
              "redis-1 -80: 80B behind the furthest, 90B more read and not yet applied, priority 1"});
    CHECK(chosen(world.facts, {}, Mode::emergency) == "redis-3");
}

TEST_CASE("Of those that have the same an emergency takes one that Services can lead to") {
    Orphans world;
    for (const char* name : {"redis-1", "redis-2", "redis-3"})
        world.view(name).applied_offset = world.view(name).read_offset = 980;
    CHECK(chosen(world.facts, {}, Mode::emergency) == "redis-1");
    world.facts.instance.nodes[world.world.index("redis-1")].k8s_node = "n2";
    kube::K8sNode machine;
    machine.ready = "Unknown";
    world.facts.kubernetes->k8s_nodes.emplace("n2", machine);
    CHECK(chosen(world.facts, {}, Mode::emergency) == "redis-2");
    CHECK(
        candidates(world.facts, {}, Mode::emergency).back().why ==
        "nobody has applied more: offset 980, priority 100, Services do not lead to it: its pod or its machine is not "
        "Ready");
    world.view("redis-1").applied_offset = world.view("redis-1").read_offset = 981;
    CHECK(chosen(world.facts, {}, Mode::emergency) == "redis-1");
}

TEST_CASE("An emergency takes nobody who holds a part of the data, or none") {
    Orphans world;
    world.view("redis-1").sync_in_progress = true;
    world.view("redis-2").applied_offset = 0;
    world.view("redis-3").loading = true;
    CHECK(chosen(world.facts, {}, Mode::emergency) ==
          "REFUSED: no node of default/redis can become the master (redis-1: it is being synchronised: it holds a part "
          "of the "
          "data at most; redis-2: it has applied nothing; redis-3: it is loading its dataset) ");
}

TEST_CASE("Priority 0 is respected in an emergency too, until it is overridden") {
    Orphans world;
    for (const char* name : {"redis-1", "redis-2", "redis-3"}) world.view(name).priority = 0;
    CHECK(chosen(world.facts, {}, Mode::emergency).substr(0, 66) ==
          "REFUSED: no node of default/redis can become the master (redis-1: ");
    Wish wish;
    wish.overrides = {"target-priority"};
    CHECK(chosen(world.facts, wish, Mode::emergency) == "redis-1");
}

TEST_CASE(
    "A master that came back as a replica of itself, with an RDB of an older history, does not say what its replicas "
    "have") {
    Orphans world;
    auto back = replica_view("run-0-again", "127.0.0.1", 6379);
    back.replid = history_b;
    back.link_up = false;
    world.facts.nodes[0].view = back;
    world.facts.picture.nodes[0].view = back;
    world.facts.picture.nodes[0].master_node = "redis-0";
    world.facts.lost_role = true;
    CHECK(history_of(world.facts).why_not == "");
    CHECK(history_of(world.facts).replid == history_a);
}

TEST_CASE("Different histories behind a dead master: the newer of a line, else whom the user names") {
    Orphans world;
    CHECK(history_of(world.facts).replid == history_a);
    world.view("redis-3").replid = history_b;
    CHECK(history_of(world.facts).why_not == "the replicas have different histories: aaaaaaaa, bbbbbbbb");
    CHECK_FALSE(choose(world.facts, {}, Mode::emergency).node);
    Wish wish;
    wish.promote = "redis-3";
    CHECK(chosen(world.facts, wish, Mode::emergency) == "redis-3");

    // redis-3 has only been started.
    world.view("redis-3").applied_offset = 1;
    CHECK(history_of(world.facts).replid == history_a);
    world.view("redis-3").applied_offset = 1000;

    // redis-3 heard that the master's history had gone on under another name.
    world.view("redis-3").replid2 = history_a;
    CHECK(history_of(world.facts).replid == history_b);
    CHECK(chosen(world.facts, {}, Mode::emergency) == "redis-3");
}
