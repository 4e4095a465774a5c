#include "failover/check_json.h"
#include "failover/emergency_checks.h"
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

// The master is silent and its replicas have noticed.
struct DeadMaster : FactsWorld {
    explicit DeadMaster(fleet::Listed listed = sb_replica()) : FactsWorld(std::move(listed)) {
        silence("redis-0");
        for (const char* name : {"redis-1", "redis-2"}) {
            view(name).link_up = false;
            view(name).link_down_seconds = 5;
            view(name).last_io_seconds.reset();
        }
    }
};

std::vector<std::string> heard(const Facts& facts) {
    std::vector<std::string> lines;
    for (const Evidence& one : hear_evidence(facts))
        lines.push_back(one.witness + " " + std::string(says_dead_name(one.says_dead)) + ": " + one.sentence);
    return lines;
}

std::vector<std::string> refusals(const Facts& facts, const Wish& wish = {}, const std::string& target = "redis-1") {
    const auto checks = emergency_checks(facts, wish, target);
    REQUIRE(checks);
    std::vector<std::string> names;
    for (const Check& check : *checks)
        if (refuses(check)) names.push_back(check.name + " " + check.value);
    return names;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A dead master: every witness is heard, and nothing refuses") {
    DeadMaster world;
    CHECK(world.facts.master == "redis-0");
    CHECK(heard(world.facts) == Lines{"redisctl yes: redis-0 does not answer: no connection in time",
                                      "redis-1 yes: its link to the master is down for 5s",
                                      "redis-2 yes: its link to the master is down for 5s",
                                      "pod/redis-0 unknown: it was Running and Ready when last reported",
                                      "k8s-node/n1 unknown: it is Ready: its kubelet reports"});
    CHECK(refusals(world.facts).empty());
}

TEST_CASE("We are merely cut off: a replica that hears the master refuses for it") {
    DeadMaster world;
    world.view("redis-2").link_up = true;
    world.view("redis-2").last_io_seconds = 2;
    CHECK(heard(world.facts)[2] == "redis-2 no: its link is up, and it heard the master 2s ago");
    CHECK(refusals(world.facts) == Lines{"witness-alive redis-2: its link is up, and it heard the master 2s ago"});
}

TEST_CASE("Our word alone is not enough") {
    DeadMaster world;
    for (const char* name : {"redis-1", "redis-2"}) {
        world.view(name).link_up = true;
        world.view(name).last_io_seconds = 3;
    }
    CHECK(heard(world.facts)[1] == "redis-1 unknown: its link is up, but it has not heard the master for 3s");
    CHECK(refusals(world.facts) == Lines{"witness-dead none"});
    world.view("redis-1").link_up.reset();
    CHECK(heard(world.facts)[1] == "redis-1 unknown: it does not tell when it heard the master");
}

TEST_CASE("A master that answers is switched in peace") {
    FactsWorld world;
    CHECK(refusals(world.facts) == Lines{"master-answers it answers as a master",
                                         "witness-alive redisctl: redis-0 answers and is a master; redis-1: its link "
                                         "is up, and it heard the master 1s "
                                         "ago; redis-2: its link is up, and it heard the master 1s ago",
                                         "witness-dead none"});
}

TEST_CASE("What a master's answer is worth") {
    struct Case {
        Error error;
        const char* expected;
    };
    const std::vector<Case> cases = {
        {{ErrorCode::unreachable, "the connection was refused", {}, {}, {}},
         "yes: redis-0 does not answer: the connection was refused"},
        {{ErrorCode::timeout, "no answer", {}, {}, "NO_ANSWER"}, "yes: redis-0 does not answer: no answer"},
        {{ErrorCode::unauthenticated, "the node rejected the password", {}, {}, "WRONGPASS"},
         "no: redis-0 speaks: the node rejected the password"},
        {{ErrorCode::forbidden, "the node does not permit INFO", {}, {}, "NOPERM"},
         "no: redis-0 speaks: the node does not permit INFO"},
        {{ErrorCode::forbidden, "we may not create pods/portforward", {}, {}, {}},
         "unknown: redis-0 could not be asked: we may not create pods/portforward"},
        {{ErrorCode::server, "the node is busy with a script", {}, {}, "BUSY"},
         "unknown: redis-0 speaks and does not serve: the node is busy with a script"},
        {{ErrorCode::server, "the node is loading", {}, {}, "LOADING"},
         "unknown: redis-0 speaks and does not serve: the node is loading"},
    };
    for (const Case& one : cases) {
        DeadMaster world;
        world.node("redis-0").view = fail(one.error);
        CHECK(heard(world.facts).front() == std::string("redisctl ") + one.expected);
    }
    FactsWorld world;
    world.view("redis-0").loading = true;
    CHECK(heard(world.facts).front() == "redisctl unknown: redis-0 is loading its dataset");
}

TEST_CASE("Kubernetes can say that a pod is gone, never that it lives") {
    DeadMaster world;
    world.facts.instance.nodes[0].not_running =
        Error{ErrorCode::unreachable, "pod default/redis-0 is Pending", {}, {}, "NOT_RUNNING"};
    kube::K8sNode machine;
    machine.ready = "Unknown";
    world.facts.kubernetes->k8s_nodes.at("n1") = machine;
    auto lines = heard(world.facts);
    CHECK(lines[3] == "pod/redis-0 yes: pod default/redis-0 is Pending");
    CHECK(lines[4] == "k8s-node/n1 unknown: it is not Ready: its kubelet does not report, its processes may live");
    world.facts.kubernetes->k8s_nodes.at("n1") = fail(ErrorCode::forbidden, "we may not get nodes");
    CHECK(heard(world.facts)[4] == "k8s-node/n1 unknown: we may not get nodes");
}

TEST_CASE("A master that no pod is any more can be replaced") {
    auto listed = sb_replica();
    FactsWorld world(std::move(listed));
    // The pod is gone, and with it its name: the replicas still follow its address.
    fleet::Instance& instance = world.world.instance();
    instance.nodes.erase(instance.nodes.begin());
    world.world.answers().nodes.erase(world.world.answers().nodes.begin());
    world.renew();
    for (const char* name : {"redis-1", "redis-2"}) world.view(name).link_up = false;
    CHECK(world.facts.master == "10.0.1.0:6379");
    CHECK(heard(world.facts) == Lines{"redisctl yes: no pod of default/redis has the address 10.0.1.0:6379",
                                      "redis-1 yes: its link to the master is down",
                                      "redis-2 yes: its link to the master is down"});
    CHECK(refusals(world.facts).empty());
}

TEST_CASE("Sentinels are witnesses, and their systems are left to them") {
    DeadMaster world(sb_replica());
    topology::SentinelPicture sentinel;
    sentinel.name = "redis-sentinel-0";
    sentinel.master_node = "redis-0";
    sentinel.master.emplace();
    const auto says = [&](const std::string& flags) {
        sentinel.master->flags = flags;
        world.facts.picture.sentinels = {sentinel};
        return heard(world.facts)[3];
    };
    CHECK(says("master,s_down,o_down") == "redis-sentinel-0 yes: it says master,s_down,o_down");
    CHECK(says("master,disconnected") == "redis-sentinel-0 unknown: it says master,disconnected");
    sentinel.master->ping_age_ms = 5'000;  // it is in tilt
    CHECK(says("master") == "redis-sentinel-0 unknown: it says master, but it has not heard it for 5s");
    sentinel.master->ping_age_ms = 1'100;
    CHECK(says("master") == "redis-sentinel-0 no: it sees nothing wrong: master");
    CHECK(refusals(world.facts) ==
          Lines{"witness-alive redis-sentinel-0: it sees nothing wrong: master", "sentinels redis-sentinel-0"});
    sentinel.master_node = "redis-2";
    CHECK(says("master") == "redis-sentinel-0 unknown: it calls redis-2 the master");
    sentinel.master.reset();
    world.facts.picture.sentinels = {sentinel};
    CHECK(heard(world.facts)[3] == "redis-sentinel-0 unknown: it watches no master of this instance");
}

TEST_CASE("What else stands in the way of an emergency") {
    struct Case {
        std::function<void(FactsWorld&)> spoil;
        Lines expected;
    };
    const std::vector<Case> cases = {
        {[](auto& w) { w.view("redis-1").sync_in_progress = true; }, {"target-sync under way"}},
        {[](auto& w) { w.view("redis-1").loading = true; }, {"target-loading loading"}},
        {[](auto& w) { w.view("redis-1").priority = 0; }, {"target-priority 0"}},
        {[](auto& w) { w.view("redis-2").replid = history_b; },
         {"history the replicas have different histories: aaaaaaaa, bbbbbbbb"}},
        {[](auto& w) { w.node("redis-1").abilities["replicaof"] = Ability::missing; },
         {"commands renamed or disabled: replicaof"}},
        {[](auto& w) { w.node("redis-2").company->operations = {"redisctl:0123456789ab"}; },
         {"other-redisctl redisctl:0123456789ab"}},
        {[](auto& w) { w.view("redis-2").mode = "cluster"; }, {"cluster-mode redis-2"}},
        {[](auto& w) { w.facts.kubernetes->reviews[0].permission = kube::Permission::denied; },
         {"permissions denied: patch services"}},
        // An emergency lowers it itself.
        {[](auto& w) { w.node("redis-1").settings->values["min-replicas-to-write"] = "2"; }, {}},
    };
    for (const Case& one : cases) {
        DeadMaster world;
        one.spoil(world);
        CHECK(refusals(world.facts) == one.expected);
    }
    DeadMaster world;
    world.view("redis-2").replid = history_b;
    Wish wish;
    wish.promote = "redis-1";
    CHECK(refusals(world.facts, wish).empty());
}

TEST_CASE("One that was never to be the master can be, where no other is left and somebody says so") {
    DeadMaster world;
    world.view("redis-1").priority = 0;
    Wish wish;
    wish.overrides = {"target-priority"};
    CHECK(refusals(world.facts, wish).empty());
    wish.overrides = {"target-sync"};
    CHECK(emergency_checks(world.facts, wish, "redis-1").error().message == "check target-sync cannot be overridden");
}

TEST_CASE("The documents' words for checks, points and evidence") {
    Check check{"latency", Verdict::block, "redis-0", "60ms", "50ms", "look", true, false};
    CHECK(
        to_json(check).dump() ==
        R"({"name":"latency","verdict":"block","node":"redis-0","value":"60ms","limit":"50ms","hint":"look","overridable":true,"overridden":false})");
    CHECK(to_json(Score{"redis-1", true, 210, "near", {"0B behind"}}).dump() ==
          R"({"node":"redis-1","eligible":true,"points":210,"why":"near","reasons":["0B behind"]})");
    CHECK(to_json(Evidence{"redis-1", SaysDead::yes, "its link is down"}).dump() ==
          R"({"witness":"redis-1","saysDead":"yes","sentence":"its link is down"})");
}

TEST_CASE("Who deletes the dead master's pod needs a kubelet that can say that it is gone") {
    DeadMaster world;
    Wish wish;
    wish.delete_old_pod = true;
    const auto old_pod = [&] { return verdict(*emergency_checks(world.facts, wish, "redis-1"), "old-pod"); };
    CHECK(old_pod() == "ok: n1 is Ready: True");
    world.facts.kubernetes->k8s_nodes.at("n1")->ready = "Unknown";
    CHECK(old_pod() == "block: n1 is Ready: Unknown");
    world.facts.kubernetes->k8s_nodes.at("n1") = fail(ErrorCode::forbidden, "we may not get nodes");
    CHECK(old_pod() == "unknown: unknown: we may not get nodes");
    wish.delete_old_pod = false;
    CHECK_THROWS(old_pod());
}
