#include "failover/guard.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::failover;
using namespace redisctl::testing;

namespace {

using Lines = std::vector<std::string>;

// The chart's three pods after a switch to redis-1, and a guard that has seen them so.
struct Guarded {
    Guarded() {
        world.view("redis-1") = master_view("run-1");
        world.follow("redis-0", "redis-1");
        world.follow("redis-2", "redis-1");
        look();
    }

    // A new process, in the role that the chart gives it.
    void restart(const std::string& name) {
        const std::string process = "run-" + name + "-again";
        if (name == "redis-0") {
            world.view(name) = master_view(process);
            world.view(name).replid = history_b;
            world.view(name).master_offset = 0;
        } else {
            world.follow(name, "redis-0");
            world.view(name).run_id = process;
        }
    }

    void look(const std::string& services_lead_to = {}) { guard.see(world.instance(), world.look(), services_lead_to); }

    // What it says after one more look: "attach NODE" and "CODE NODE: cause".
    Lines says(OwnWrites writes = {false, 0}) {
        look();
        std::map<std::string, Result<OwnWrites>> told;
        for (const std::string& name : guard.suspects()) told.emplace(name, writes);
        return lines(guard.judge(told));
    }

    static Lines lines(const Judgement& judgement) {
        Lines all;
        for (const Judgement::Attach& one : judgement.attach)
            all.push_back("attach " + one.node + (one.was_master ? ", a master" : "") + ", process " + one.run_id);
        for (const Judgement::Alarm& one : judgement.alarms)
            all.push_back(one.error.reason + " " + one.node + ": " + one.error.cause);
        return all;
    }

    World world{sb_replica()};
    Guard guard;
};

redis::Value text(const std::string& value) {
    redis::Value reply;
    reply.type = redis::Value::Type::string;
    reply.text = value;
    return reply;
}

std::vector<redis::Value> replies(const std::string& info, const std::string& now) {
    redis::Value time;
    time.type = redis::Value::Type::array;
    time.elements = {text(now), text("0")};
    return {text(info), time};
}

}  // namespace

TEST_CASE("While all follow the master there is nothing to do") {
    Guarded it;
    CHECK(it.says() == Lines{});
    CHECK(it.guard.master() == "redis-1");
    CHECK_FALSE(it.guard.at_home());
    CHECK(it.guard.host() == "redis-1.redis-headless.default.svc");
    CHECK(it.guard.port() == 6379);
}

TEST_CASE("The home pod comes back empty, as a second master: it is attached") {
    Guarded it;
    it.restart("redis-0");
    CHECK(it.says() == Lines{"attach redis-0, a master, process run-redis-0-again"});
    CHECK(it.says() == Lines{"attach redis-0, a master, process run-redis-0-again"});  // as long as it is one
}

TEST_CASE("It comes back with what it had when it followed the master: it is attached") {
    Guarded it;
    it.restart("redis-0");
    CHECK(it.says({false, 5000}) == Lines{"attach redis-0, a master, process run-redis-0-again"});
}

TEST_CASE("It has taken writes since it came back: those would be destroyed") {
    Guarded it;
    it.restart("redis-0");
    it.restart("redis-2");
    CHECK(it.says({true, 1}) ==
          Lines{"DIVERGED redis-0: redis-0 has taken writes since it came back: attaching it would destroy them"});
}

TEST_CASE("It has bytes of the common history that the master never had") {
    Guarded it;
    it.restart("redis-0");
    it.world.view("redis-0").replid2 = history_a;
    it.world.view("redis-0").second_offset = 1011;
    CHECK(it.says({false, 9}) ==
          Lines{"DIVERGED redis-0: redis-0 has 10 bytes that redis-1 never had: attaching it would destroy them"});
    it.world.view("redis-0").second_offset = 1001;
    CHECK(it.says({false, 9}) == Lines{"attach redis-0, a master, process run-redis-0-again"});
}

TEST_CASE("Nobody saw it follow, its history is another, and it has keys: nobody knows whether the master has them") {
    World world(sb_replica());
    world.view("redis-1") = master_view("run-1");
    world.follow("redis-2", "redis-1");
    world.view("redis-0").replid = history_b;
    Guard guard;
    guard.see(world.instance(), world.look(), "redis-1");
    REQUIRE(guard.suspects() == Lines{"redis-0"});
    const std::map<std::string, Result<OwnWrites>> keys{{"redis-0", OwnWrites{false, 3}}},
        empty{{"redis-0", OwnWrites{false, 0}}};
    CHECK(Guarded::lines(guard.judge(keys)) ==
          Lines{"UNRELATED redis-0: redis-0 came back with 3 keys, and whether redis-1 has them all is not known"});
    CHECK(Guarded::lines(guard.judge(empty)) == Lines{"attach redis-0, a master, process run-0"});
}

TEST_CASE("A second master that was promoted, and did not restart, is somebody's will") {
    Guarded it;
    it.world.promote("redis-2");
    CHECK(it.says() == Lines{"TWO_MASTERS redis-2: redis-2 did not restart: somebody promoted it"});
}

TEST_CASE("Whether it wrote cannot be asked: it is left alone") {
    Guarded it;
    it.restart("redis-0");
    it.look();
    const std::map<std::string, Result<OwnWrites>> silent{
        {"redis-0", fail(ErrorCode::timeout, "redis-0 did not answer")}};
    CHECK(Guarded::lines(it.guard.judge(silent)) == Lines{"TWO_MASTERS redis-0: redis-0 did not answer"});
}

TEST_CASE("Another pod comes back and follows the home pod: it is attached to the master") {
    Guarded it;
    it.restart("redis-2");
    CHECK(it.says() == Lines{"attach redis-2, process run-redis-2-again"});
}

TEST_CASE("Both come back: the one that follows home is attached when home has nothing of its own") {
    Guarded it;
    it.restart("redis-0");
    it.restart("redis-2");
    CHECK(it.says() ==
          Lines{"attach redis-0, a master, process run-redis-0-again", "attach redis-2, process run-redis-2-again"});
}

TEST_CASE("What still loads its file is waited for, and so is who follows it") {
    Guarded it;
    it.restart("redis-0");
    it.restart("redis-2");
    it.world.view("redis-0").loading = true;
    CHECK(it.says() == Lines{});
}

TEST_CASE("The master itself is restarted: nobody is promoted") {
    Guarded it;
    it.restart("redis-1");
    CHECK(it.says() == Lines{"NO_MASTER redis-1: redis-1 was restarted; the guard promotes nobody"});
    it.restart("redis-0");  // empty, and a master: attaching the others to it would destroy what they have
    CHECK(it.says() == Lines{"NO_MASTER redis-1: redis-1 was restarted; the guard promotes nobody"});
}

TEST_CASE("The master does not answer, then it does again") {
    Guarded it;
    const redis::NodeView before = it.world.view("redis-1");
    it.world.silence("redis-1");
    CHECK(it.says() == Lines{"NO_MASTER redis-1: redis-1 does not answer; the guard promotes nobody"});
    it.world.answers().nodes.at(1) = before;
    CHECK(it.says() == Lines{});
}

TEST_CASE("Somebody else's switch is followed") {
    Guarded it;
    it.world.promote("redis-2");
    it.world.follow("redis-0", "redis-2");
    it.world.follow("redis-1", "redis-2");
    CHECK(it.says() == Lines{});
    CHECK(it.guard.master() == "redis-2");
    it.restart("redis-0");
    CHECK(it.says() == Lines{"attach redis-0, a master, process run-redis-0-again"});
}

TEST_CASE("At home nobody is attached: a second master is somebody's, and is only told of") {
    World world(sb_replica());
    Guard guard;
    guard.see(world.instance(), world.look(), {});
    CHECK(guard.at_home());
    world.promote("redis-2");
    guard.see(world.instance(), world.look(), {});
    CHECK(Guarded::lines(guard.judge({{"redis-2", OwnWrites{false, 0}}})) == Lines{"TWO_MASTERS redis-2: "});
}

TEST_CASE("A guard that starts beside two masters follows the Services, or nobody") {
    World world(sb_replica());
    world.promote("redis-1");
    Guard guard;
    guard.see(world.instance(), world.look(), {});
    CHECK(guard.master().empty());
    CHECK(Guarded::lines(guard.judge({})) ==
          Lines{"NO_MASTER : redis-0, redis-1 are masters, and the Services lead to none of them alone; the guard "
                "promotes nobody"});
    guard.see(world.instance(), world.look(), "redis-1");
    CHECK(guard.master() == "redis-1");
    CHECK(guard.suspects() == Lines{"redis-0"});
}

TEST_CASE("Whether a node has taken writes since its start is read from its INFO") {
    const auto wrote = [](const std::string& changes, const std::string& saved, const std::string& keyspace = "") {
        const std::string info =
            "# Server\r\nuptime_in_seconds:100\r\n# Persistence\r\nrdb_changes_since_last_save:" + changes +
            "\r\nrdb_last_save_time:" + saved + "\r\n# Keyspace\r\n" + keyspace;
        return read_own_writes(replies(info, "1000"));
    };
    CHECK_FALSE(wrote("0", "900")->wrote);  // it counts as saved at its start
    CHECK_FALSE(wrote("0", "901")->wrote);  // seconds are whole ones
    CHECK(wrote("1", "900")->wrote);
    CHECK(wrote("0", "950")->wrote);  // saved since: what it had changed is not told any more
    CHECK(wrote("0", "900")->keys == 0);
    CHECK(wrote("0", "900", "db0:keys=7,expires=1,avg_ttl=0\r\ndb3:keys=5,expires=0,avg_ttl=0\r\n")->keys == 12);
    CHECK(wrote("", "900").error().message == "the node does not tell what it has changed since it started");
    CHECK(read_own_writes({text("")}).error().message == "the node did not answer both INFO and TIME");
}
