#include "redis/sentinel_memory.h"
#include "tests/support/world.h"
#include "topology/council.h"

#include <doctest/doctest.h>

using namespace redisctl;
using namespace redisctl::testing;
using namespace redisctl::topology;

namespace {

// Hand-written manifests: a master, two replicas, three Sentinels that have found all of them.
class Sitting {
  public:
    Sitting() : world(hand_written()) {
        for (size_t i = 0; i < 3; i++) {
            auto& master = world.sentinel(i).masters[0];
            master.config_epoch = 0;
            master.down_after_ms = 5'000;
            master.failover_timeout_ms = 10'000;
            master.parallel_syncs = 1;
            redis::SentinelMemory memory;
            memory.my_id = id(i);
            memory.quorum_ok = true;
            memory.quorum_words = "OK 3 usable Sentinels.";
            const auto& instance = world.instance();
            for (size_t n = 1; n < instance.nodes.size(); n++) {
                redis::Remembered replica{instance.nodes[n].address.host, 6379, "", "slave", 500, {}};
                replica.link_up = true;
                replica.priority = 100;
                memory.replicas.push_back(replica);
            }
            for (size_t n = 0; n < 3; n++)
                if (n != i)
                    memory.sentinels.push_back(
                        {instance.sentinels[n].address.host, 26379, id(n), "sentinel", 500, 800});
            memories.emplace_back(std::move(memory));
        }
    }

    static std::string id(size_t i) { return "id-" + std::to_string(i); }
    redis::SentinelMemory& memory(size_t i) { return *memories[i]; }
    Council council() { return compare(world.instance(), world.look(), memories, whose); }
    std::vector<Finding> findings() {
        const auto picture = world.look();
        return find_about_council(world.instance(), picture, compare(world.instance(), picture, memories, whose),
                                  whose);
    }
    // "CODE node", in order.
    std::vector<std::string> codes() {
        std::vector<std::string> out;
        for (const auto& finding : findings())
            out.push_back(finding.code + (finding.node.empty() ? "" : " " + finding.node));
        return out;
    }
    std::string message(const std::string& code) {
        for (const auto& finding : findings())
            if (finding.code == code) return finding.message;
        return {};
    }

    World world;
    std::vector<Result<redis::SentinelMemory>> memories;
    Whose whose = [](const std::string& host, int64_t) {
        return host == "10.9.9.9" ? std::string("default/other/other-0") : std::string();
    };
};

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("Sentinels that agree have nothing to be told") {
    Sitting sitting;
    const auto council = sitting.council();
    CHECK(council.master == "redis-master-0");
    CHECK(council.can_fail_over == true);
    CHECK(council.obstacles.empty());
    for (const auto& member : council.members) {
        CHECK(member.on_master);
        CHECK(member.voters == 3);
        CHECK(member.votes == 3);
        CHECK(member.needed == 2);
        CHECK(member.has_candidate);
        for (const auto& one : member.sentinels) CHECK(one.standing == Standing::here);
        for (const auto& one : member.replicas) CHECK(one.standing == Standing::here);
    }
    CHECK(sitting.codes() == Codes{});
}

TEST_CASE("what is remembered is here, silent, gone, elsewhere or another instance's") {
    Sitting sitting;
    auto& told = sitting.memory(0).sentinels;
    const auto standing = [&] { return sitting.council().members[0].sentinels.back().standing; };
    told.push_back({"10.0.77.1", 26379, "gone", "s_down,sentinel,disconnected", 720'000, {}});
    CHECK(standing() == Standing::ghost);
    CHECK(sitting.message("SENTINEL_GHOSTS") ==
          "the Sentinels remember what is gone: Sentinel 10.0.77.1:26379, silent for 12 min; a gone Sentinel still "
          "counts for the majority");
    told.back().flags = "sentinel";
    told.back().silent_ms = 300;
    CHECK(standing() == Standing::elsewhere);
    told.back().host = "10.9.9.9";
    CHECK(standing() == Standing::crossed);
    CHECK(sitting.message("SENTINEL_CROSSED") ==
          "Sentinel redis-sentinel-5c-a counts nodes of another instance among its own: default/other/other-0 at "
          "10.9.9.9:26379");
    // The pod is there: it may come back.
    told.pop_back();
    sitting.world.answers().sentinels[2] = fail(ErrorCode::timeout, "no answer");
    told.back().flags = "s_down,sentinel,disconnected";
    told.back().silent_ms = 60'000;
    CHECK(standing() == Standing::silent);
    // Somebody else lives at the address of before.
    Sitting moved;
    moved.memory(0).sentinels.push_back(
        {moved.world.instance().sentinels[1].address.host, 26379, "id-before", "s_down,sentinel", 60'000, {}});
    CHECK(moved.council().members[0].sentinels.back().standing == Standing::ghost);
}

TEST_CASE("votes are counted as the Sentinels will") {
    Sitting sitting;
    const auto votes = [&](size_t i) {
        const auto member = sitting.council().members[i];
        return std::vector<int64_t>{member.votes, member.voters, member.needed};
    };
    for (size_t i = 0; i < 3; i++)
        for (const char* host : {"10.0.77.1", "10.0.77.2"})
            sitting.memory(i).sentinels.push_back({host, 26379, host, "s_down,sentinel,disconnected", 60'000, {}});
    CHECK(votes(0) == std::vector<int64_t>{3, 5, 3});
    CHECK(sitting.council().can_fail_over == true);
    // One in TILT mode votes, but never calls the master down.
    sitting.world.sentinel(1).tilt = true;
    CHECK(votes(0) == std::vector<int64_t>{3, 5, 3});
    CHECK(sitting.council().members[0].agreeing == 2);
    CHECK(sitting.council().can_fail_over == true);
    sitting.world.sentinel(2).tilt = true;
    CHECK(sitting.council().obstacles ==
          Codes{"1 of 5 Sentinels can call the master down, and the quorum is 2: redis-sentinel-5c-b is in TILT mode, "
                "redis-sentinel-5c-c is in TILT mode"});
    CHECK(sitting.codes() == Codes{"SENTINEL_CANNOT_FAIL_OVER", "SENTINEL_TILT redis-sentinel-5c-b",
                                   "SENTINEL_TILT redis-sentinel-5c-c", "SENTINEL_GHOSTS", "SENTINEL_QUORUM"});
    sitting.world.sentinel(0).tilt = true;
    CHECK(sitting.council().obstacles == Codes{"every Sentinel that watches redis-master-0 is in TILT mode"});
    sitting.world.sentinel(0).tilt = sitting.world.sentinel(2).tilt = false;
    sitting.world.answers().sentinels[1] = fail(ErrorCode::timeout, "no answer");
    for (size_t i = 0; i < 3; i++)
        for (auto& one : sitting.memory(i).sentinels)
            if (one.id == "id-1") one.silent_ms = 7'000;
    CHECK(sitting.council().obstacles ==
          Codes{"2 of 5 Sentinels can vote, and 3 must: redis-sentinel-5c-b is silent for 7 s, 10.0.77.1:26379 is "
                "silent for 60 s, 10.0.77.2:26379 is silent for 60 s"});
    // The quorum counts where it is more than the majority.
    Sitting high;
    for (size_t i = 0; i < 3; i++) high.world.sentinel(i).masters[0].quorum = 4;
    CHECK(high.council().members[0].needed == 4);
    CHECK(high.codes() == Codes{"SENTINEL_QUORUM", "SENTINEL_CANNOT_FAIL_OVER"});
}

TEST_CASE("a failover needs a replica that may be promoted") {
    struct {
        void (*spoil)(redis::Remembered&);
        const char* why;
    } cases[] = {{[](auto& r) { r.priority = 0; }, "redis-slave-0 has priority 0"},
                 {[](auto& r) { r.flags = "s_down,slave"; }, "redis-slave-0 is down"},
                 {[](auto& r) {
                      r.link_up = false;
                      r.link_down_ms = 60'000;
                  },
                  "redis-slave-0 has no link to the master"}};
    for (const auto& one : cases) {
        Sitting sitting;
        for (size_t i = 0; i < 3; i++) {
            sitting.memory(i).replicas.resize(1);
            one.spoil(sitting.memory(i).replicas[0]);
        }
        CHECK(sitting.council().obstacles == Codes{std::string("no replica can be promoted: ") + one.why});
    }
    Sitting brief;
    for (size_t i = 0; i < 3; i++)
        for (auto& replica : brief.memory(i).replicas) {
            replica.link_up = false;
            replica.link_down_ms = 10'000;  // ten times down-after is still good enough
        }
    CHECK(brief.council().can_fail_over == true);
}

TEST_CASE("the master is the one that calls itself so and that most Sentinels name") {
    Sitting sitting;
    sitting.world.sentinel(2).masters[0].host = "10.9.9.9";
    auto council = sitting.council();
    CHECK(council.master == "redis-master-0");
    CHECK(council.members[2].watches == "10.9.9.9:6379");
    CHECK(!council.members[2].on_master);
    CHECK(council.members[0].votes == 2);
    CHECK(sitting.codes() == Codes{"SENTINEL_CROSSED redis-sentinel-5c-c", "SENTINEL_DISAGREEMENT"});
    CHECK(sitting.message("SENTINEL_CROSSED") ==
          "Sentinel redis-sentinel-5c-c watches 10.9.9.9:6379, which is default/other/other-0 of another instance");

    Sitting dead;
    for (size_t i = 0; i < 3; i++) {
        dead.world.sentinel(i).masters[0].host = "10.0.77.7";
        dead.world.sentinel(i).masters[0].flags = "s_down,o_down,master,disconnected";
    }
    council = dead.council();
    CHECK(council.master == "redis-master-0");
    CHECK(council.can_fail_over == false);
    CHECK(council.obstacles == Codes{"no Sentinel that answers watches redis-master-0, which is the master"});
    CHECK(dead.codes() ==
          Codes{"SENTINEL_DEAD_ADDRESS redis-sentinel-5c-a", "SENTINEL_DEAD_ADDRESS redis-sentinel-5c-b",
                "SENTINEL_DEAD_ADDRESS redis-sentinel-5c-c", "SENTINEL_MASTER_DOWN", "SENTINEL_CANNOT_FAIL_OVER"});
}

TEST_CASE("each difference between Sentinels has its finding") {
    struct {
        void (*spoil)(Sitting&);
        Codes codes;
        const char *code, *message;
    } cases[] = {
        {[](auto& s) { s.world.sentinel(1).masters[0].down_after_ms = 30'000; },
         {"SENTINEL_DRIFT"},
         "SENTINEL_DRIFT",
         "down-after-milliseconds differs: 30000 on redis-sentinel-5c-b; 5000 on redis-sentinel-5c-a, "
         "redis-sentinel-5c-c"},
        {[](auto& s) { s.world.sentinel(1).masters[0].config_epoch = 4; },
         {"SENTINEL_EPOCHS"},
         "SENTINEL_EPOCHS",
         "the Sentinels are at different epochs of the configuration: 0 on redis-sentinel-5c-a, redis-sentinel-5c-c; "
         "4 on redis-sentinel-5c-b; they agree within seconds when they hear each other"},
        {[](auto& s) { s.world.sentinel(0).masters[0].host = "127.0.0.1"; },
         {"SENTINEL_DISAGREEMENT", "SENTINEL_LOOPBACK redis-sentinel-5c-a"},
         "SENTINEL_LOOPBACK",
         "Sentinel redis-sentinel-5c-a names 127.0.0.1:6379 as the master: to every client and every other Sentinel "
         "that is their own host"},
        {[](auto& s) { s.world.sentinel(0).masters[0].flags = "master,failover_in_progress"; },
         {"SENTINEL_FAILOVER"},
         "SENTINEL_FAILOVER",
         "a failover is in progress"},
        {[](auto& s) { s.memory(0).sentinels.pop_back(); },
         {"SENTINEL_UNKNOWN_PEER redis-sentinel-5c-a"},
         "SENTINEL_UNKNOWN_PEER",
         "Sentinel redis-sentinel-5c-a does not know redis-sentinel-5c-c: they find each other within seconds when "
         "both hear the master"},
        {[](auto& s) {
             s.memory(1).my_id = "id-2";
             for (size_t i = 0; i < 3; i++) s.memory(i).sentinels.resize(1);
             s.memory(0).sentinels[0].id = "id-2";
         },
         {"SENTINEL_SAME_ID"},
         "SENTINEL_SAME_ID",
         "redis-sentinel-5c-b, redis-sentinel-5c-c have the same id: the others count them as one, and they do not see "
         "each other"},
        {[](auto& s) {
             s.memory(2).quorum_ok = false;
             s.memory(2).quorum_words = "NOQUORUM 1 usable Sentinels.";
         },
         {"SENTINEL_NO_QUORUM"},
         "SENTINEL_NO_QUORUM",
         "SENTINEL CKQUORUM says no on redis-sentinel-5c-c"},
    };
    for (const auto& one : cases) {
        CAPTURE(std::string(one.code));
        Sitting sitting;
        one.spoil(sitting);
        auto codes = sitting.codes();
        std::sort(codes.begin(), codes.end());
        CHECK(codes == one.codes);
        CHECK(sitting.message(one.code) == one.message);
    }
}

TEST_CASE("one that cannot be asked leaves what it says unknown") {
    Sitting sitting;
    for (size_t i = 0; i < 3; i++) {
        sitting.memories[i] = fail(ErrorCode::timeout, "no answer");
        sitting.world.answers().sentinels[i] = fail(ErrorCode::timeout, "no answer");
    }
    CHECK(sitting.council().can_fail_over == std::nullopt);
    CHECK(sitting.council().obstacles == Codes{"no Sentinel could be asked"});
}

TEST_CASE("times are told as people do") {
    CHECK(rough_time(1'900) == "1 s");
    CHECK(rough_time(119'000) == "119 s");
    CHECK(rough_time(120'000) == "2 min");
    CHECK(rough_time(3 * 3'600'000) == "3 h");
    CHECK(rough_time(49LL * 3'600'000) == "2 days");
}
