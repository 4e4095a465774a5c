#include "tests/support/world.h"
#include "topology/changes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using Texts = std::vector<std::string>;

namespace {

// "role redis-1: replica -> master"
Texts told(const topology::Picture& before, const topology::Picture& now) {
    Texts out;
    for (const topology::Change& one : topology::changes_between(before, now))
        out.push_back(std::string(one.kind) + " " + one.subject + ": " + one.from + " -> " + one.to);
    return out;
}

}  // namespace

TEST_CASE("Nothing changed, nothing is told") {
    World world(spotahome("cache", 3));
    CHECK(told(world.look(), world.look()).empty());
}

TEST_CASE("A switch is told by everybody whom it concerns") {
    World world(spotahome("cache", 2));
    const auto before = world.look();
    world.view("rfr-cache-1") = master_view("run-1");
    world.follow("rfr-cache-0", "rfr-cache-1");
    for (size_t i = 0; i < 2; i++) {
        world.sentinel(i).masters[0].host = world.node("rfr-cache-1").address.host;
        world.sentinel(i).masters[0].config_epoch = 1;
    }
    const Texts all = told(before, world.look());
    for (const char* one : {"role rfr-cache-0: master -> replica", "role rfr-cache-1: replica -> master",
                            "says rfs-cache-5c-a: rfr-cache-0 -> rfr-cache-1, epoch 1"}) {
        CAPTURE(one);
        CHECK(std::find(all.begin(), all.end(), one) != all.end());
    }
}

TEST_CASE("Who was silent is compared with what he said last") {
    World world(sb_replica());
    const auto before = world.look();
    world.silence("redis-0");
    const auto silent = world.look();
    const Texts news = told(before, silent);
    CHECK(std::find(news.begin(), news.end(), "answers redis-0: yes -> TIMEOUT") != news.end());
    CHECK(
        std::none_of(news.begin(), news.end(), [](const std::string& one) { return one.starts_with("role redis-0"); }));

    World after(sb_replica());
    after.promote("redis-1");
    after.follow("redis-0", "redis-1");
    const Texts back = told(topology::with_memory(silent, before), after.look());
    CHECK(std::find(back.begin(), back.end(), "answers redis-0: TIMEOUT -> yes") != back.end());
    CHECK(std::find(back.begin(), back.end(), "role redis-0: master -> replica") != back.end());
}

TEST_CASE("Pods that come and go") {
    World three(sb_replica());
    const auto before = three.look();
    auto fewer = before;
    fewer.nodes.pop_back();
    CHECK(told(before, fewer) == Texts{"node redis-2: present -> absent"});
    CHECK(told(fewer, before) == Texts{"node redis-2: absent -> present", "role redis-2:  -> replica"});
}

TEST_CASE("Labels, endpoints and what a Sentinel thinks of the master") {
    World world(spotahome("cache", 2));
    const auto before = world.look();
    auto now = before;
    now.nodes[0].role_label = "redisfailovers-role=slave";
    now.services[0].ready = {"rfr-cache-1"};
    now.sentinels[0].master->flags = "master,s_down,o_down";
    now.sentinels[1].view->tilt = true;
    const Texts all = told(before, now);
    CHECK(all[0] == "label rfr-cache-0: redisfailovers-role=master -> redisfailovers-role=slave");
    CHECK(all[1] == "flags rfs-cache-5c-a:  -> s_down,o_down");
    CHECK(all[2] == "flags rfs-cache-5c-b:  -> tilt");
    CHECK(all[3].starts_with("endpoints "));
}
