#include "tests/support/world.h"
#include "topology/lag.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace redisctl;
using namespace redisctl::testing;

namespace {

std::optional<int64_t> bytes(World& world, const std::string& name) {
    return world.look().nodes.at(world.index(name)).lag_bytes;
}
std::optional<int64_t> seconds(World& world, const std::string& name) {
    return world.look().nodes.at(world.index(name)).lag_seconds;
}

}  // namespace

TEST_CASE("Offset is the master's own and what a replica has applied; lag is for replicas only") {
    World world(sb_replica());
    auto picture = world.look();
    CHECK(picture.nodes[0].offset == 1000);
    CHECK(picture.nodes[0].lag_bytes == std::nullopt);
    CHECK(picture.nodes[0].lag_seconds == std::nullopt);
    CHECK(picture.nodes[1].offset == 990);
    CHECK(picture.nodes[1].lag_bytes == 10);
    CHECK(picture.nodes[1].lag_seconds == 1);
    CHECK(picture.nodes[1].master_node == "redis-0");
}

TEST_CASE("Bytes are told only on the same history and from the same look") {
    struct Case {
        const char* what;
        void (*spoil)(World&);
        std::optional<int64_t> expected;
    };
    Case cases[] = {
        {"read further than the master had said", [](auto& w) { w.view("redis-1").applied_offset = 1010; }, 0},
        {"applied counts, not read", [](auto& w) { w.view("redis-1").read_offset = 1000; }, 10},
        {"link down, same history", [](auto& w) { w.view("redis-1").link_up = false; }, 10},
        {"another history", [](auto& w) { w.view("redis-1").replid = history_b; }, std::nullopt},
        {"no history told",
         [](auto& w) {
             w.view("redis-1").replid.clear();
             w.view("redis-0").replid.clear();
         },
         std::nullopt},
        {"the history before the promotion, up to it",
         [](auto& w) {
             w.view("redis-0").replid = history_b;
             w.view("redis-0").replid2 = history_a;
             w.view("redis-0").second_offset = 991;
         },
         10},
        {"the history before the promotion, past it",
         [](auto& w) {
             w.view("redis-0").replid = history_b;
             w.view("redis-0").replid2 = history_a;
             w.view("redis-0").second_offset = 990;
         },
         std::nullopt},
        {"the history before the promotion, no end told",
         [](auto& w) {
             w.view("redis-0").replid = history_b;
             w.view("redis-0").replid2 = history_a;
         },
         std::nullopt},
        {"the replica was a master once",
         [](auto& w) {
             w.view("redis-1").replid = history_b;
             w.view("redis-1").replid2 = history_a;
         },
         std::nullopt},
        {"full sync", [](auto& w) { w.view("redis-1").sync_in_progress = true; }, std::nullopt},
        {"nothing applied yet", [](auto& w) { w.view("redis-1").applied_offset.reset(); }, std::nullopt},
        {"the master is silent", [](auto& w) { w.silence("redis-0"); }, std::nullopt},
        {"the master is none of ours", [](auto& w) { w.view("redis-1").master_host = "10.9.9.9"; }, std::nullopt},
        {"behind a replica",
         [](auto& w) {
             w.follow("redis-1", "redis-2");
             w.view("redis-2").applied_offset = w.view("redis-2").master_offset = 995;
         },
         10},
        {"in a circle",
         [](auto& w) {
             w.follow("redis-1", "redis-2");
             w.follow("redis-2", "redis-1");
         },
         std::nullopt},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        World world(sb_replica());
        one.spoil(world);
        CHECK(bytes(world, "redis-1") == one.expected);
    }
}

TEST_CASE("Seconds come from the master's line of that very replica") {
    struct Case {
        const char* what;
        void (*spoil)(World&);
        std::optional<int64_t> expected;
    };
    Case cases[] = {
        {"by pod IP", [](auto& w) { w.view("redis-0").replicas[0].lag_seconds = 3; }, 3},
        {"by announced name",
         [](auto& w) {
             w.view("redis-0").replicas[0] = {"redis-1.redis-headless.default.svc.cluster.local", 6379, "online", 990,
                                              4};
         },
         4},
        {"by another domain and case",
         [](auto& w) {
             w.view("redis-0").replicas[0] = {"Redis-1.redis-headless.default.svc.example.org.", 6379, "online", 990,
                                              4};
         },
         4},
        {"line not online yet",
         [](auto& w) {
             w.view("redis-0").replicas[0].state = "wait_bgsave";
             w.view("redis-0").replicas[0].lag_seconds = 0;
         },
         std::nullopt},
        {"no line", [](auto& w) { w.view("redis-0").replicas.erase(w.view("redis-0").replicas.begin()); },
         std::nullopt},
        {"the only line and the only replica left over",
         [](auto& w) {
             w.view("redis-0").replicas[0] = {"203.0.113.7", 30001, "online", 990, 5};
         },
         5},
        {"two lines left over",
         [](auto& w) {
             w.view("redis-0").replicas[0] = {"203.0.113.7", 30001, "online", 990, 5};
             w.view("redis-0").replicas[1] = {"203.0.113.8", 30002, "online", 990, 6};
         },
         std::nullopt},
        {"old connection beside the new one",
         [](auto& w) {
             w.view("redis-0").replicas.push_back(w.view("redis-0").replicas[0]);
             w.view("redis-0").replicas[0].lag_seconds = 60;
         },
         1},
        {"link down", [](auto& w) { w.view("redis-1").link_up = false; }, std::nullopt},
        {"it follows another one now", [](auto& w) { w.follow("redis-1", "redis-2"); }, std::nullopt},
        {"the master is silent", [](auto& w) { w.silence("redis-0"); }, std::nullopt},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        World world(sb_replica());
        one.spoil(world);
        CHECK(seconds(world, "redis-1") == one.expected);
    }
}

TEST_CASE("Hosts without Kubernetes are matched as connected, by loopback, and by what is left over") {
    struct Case {
        const char* what;
        std::vector<net::HostPort> hosts;
        std::string master_host;                              // as the replicas tell it
        std::vector<std::pair<std::string, uint16_t>> lines;  // as the master tells them
        std::vector<std::optional<int64_t>> bytes, seconds;   // of the replicas
    };
    Case cases[] = {
        {"as connected", {{"10.0.0.1", 1}, {"10.0.0.2", 2}}, "10.0.0.1", {{"10.0.0.2", 2}}, {10}, {1}},
        {"localhost and 127.0.0.1",
         {{"localhost", 1}, {"127.0.0.1", 2}, {"::1", 3}},
         "127.0.0.1",
         {{"::1", 2}, {"127.0.0.1", 3}},
         {10, 10},
         {1, 2}},
        {"loopback of another host", {{"a.example", 1}, {"a.example", 2}}, "127.0.0.1", {{"127.0.0.1", 2}}, {10}, {1}},
        {"names here, addresses there",
         {{"a.example", 1}, {"b.example", 2}, {"c.example", 3}},
         "10.0.0.1",
         {{"10.0.0.2", 2}, {"10.0.0.3", 3}},
         {10, 10},
         {1, 2}},
        {"IPv4 inside IPv6",
         {{"10.0.0.1", 1}, {"10.0.0.2", 2}},
         "::ffff:10.0.0.1",
         {{"::ffff:10.0.0.2", 2}},
         {10},
         {1}},
        {"another machine's", {{"a.example", 1}, {"b.example", 2}}, "10.0.0.9", {}, {std::nullopt}, {std::nullopt}},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        World world(one.hosts);
        auto& master = *world.answers().nodes[0];
        master.replicas.clear();
        for (const auto& [host, port] : one.lines)
            master.replicas.push_back({host, port, "online", 990, static_cast<int64_t>(master.replicas.size()) + 1});
        for (size_t i = 1; i < one.hosts.size(); i++) world.answers().nodes[i]->master_host = one.master_host;
        auto picture = world.look();
        for (size_t i = 1; i < one.hosts.size(); i++) {
            CHECK(picture.nodes[i].lag_bytes == one.bytes[i - 1]);
            CHECK(picture.nodes[i].lag_seconds == one.seconds[i - 1]);
        }
    }
}

TEST_CASE("A thousand nodes are one look") {
    World world(sb_replica("redis", "redis", 1000));
    for (size_t i = 0; i < 1000; i++) {
        auto& node = world.instance().nodes[i];
        node.address.host = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        if (i > 0) world.view("redis-0").replicas[i - 1].host = node.address.host;
        if (i > 0) world.answers().nodes[i]->master_host = "10.1.0.0";
    }
    auto picture = world.look();
    CHECK(picture.master == "redis-0");
    for (size_t i = 1; i < 1000; i++) REQUIRE((picture.nodes[i].lag_bytes == 10 && picture.nodes[i].lag_seconds == 1));
}

TEST_CASE("A chain under strange addresses is told apart by the ports") {
    World world({{"a", 1}, {"b", 2}, {"c", 3}});
    world.view("a:1").replicas = {{"10.0.0.2", 2, "online", 990, 1}};
    world.view("b:2").master_host = "10.0.0.1";
    world.view("b:2").replicas = {{"10.0.0.3", 3, "online", 990, 2}};
    world.view("c:3").master_host = "10.0.0.2";
    world.view("c:3").master_port = 2;
    auto picture = world.look();
    CHECK(picture.nodes[1].master_node == "a:1");
    CHECK(picture.nodes[2].master_node == "b:2");
    CHECK(picture.nodes[2].lag_seconds == 2);

    world.view("a:1").tcp_port = world.view("b:2").tcp_port = world.view("c:3").master_port = 6379;
    CHECK(world.look().nodes[2].master_node == "");
}

TEST_CASE("An address that two nodes have is nobody's") {
    World world(sb_replica());
    world.instance().nodes[2].address.host = "10.0.1.0";
    world.view("redis-1").link_up = false;
    CHECK(world.look().nodes[1].master_node == "");
}
