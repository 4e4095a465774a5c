#include "commands/switch_clock.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace redisctl;

namespace {

const TimePoint zero = SteadyClock::now();

TimePoint at(int ms) {
    return zero + Millis(ms);
}

WatchNews change(int ms, std::string event, std::string from, std::string to) {
    return {"redis", std::move(event), "redis-0", std::move(from), std::move(to), at(ms)};
}

WatchNews said(int ms, std::string channel, bool about_master = true) {
    WatchNews news{"redis", "sentinel", {}, {}, {}, at(ms), "sentinel-0", std::move(channel), {}, {}};
    news.about_master = about_master;
    return news;
}

topology::Picture agreed(std::string master, std::string flags = "master") {
    topology::Picture picture;
    picture.master = std::move(master);
    topology::SentinelPicture sentinel;
    sentinel.view.emplace();
    sentinel.master.emplace();
    sentinel.master->flags = std::move(flags);
    picture.sentinels.push_back(sentinel);
    return picture;
}

}  // namespace

TEST_CASE("A switch is timed from its first sign until all agree") {
    SwitchClock clock;
    CHECK(!clock.settle(agreed("redis-0"), at(0), at(1)));
    CHECK(!clock.take(change(2, "link", "up", "down")));
    CHECK(clock.take(change(10, "masters", "redis-0", ""))->count() == 0);
    CHECK(clock.take(change(10, "master", "redis-0", ""))->count() == 0);
    CHECK(!clock.settle(agreed(""), at(5), at(10)));
    CHECK(clock.take(said(1010, "+sdown"))->count() == 1000);
    CHECK(clock.take(said(1020, "+sdown"))->count() == 1010);
    CHECK(clock.take(said(1030, "+odown"))->count() == 1020);
    CHECK(clock.take(said(1040, "+sdown", false))->count() == 1030);
    CHECK(clock.take(said(2010, "+switch-master"))->count() == 2000);
    CHECK(clock.take(change(2020, "masters", "", "redis-1"))->count() == 2010);
    clock.take(change(2020, "role", "replica", "master"));
    clock.take(change(2500, "label", "isMaster=false", "isMaster=true"));
    clock.take(change(2510, "label", "isMaster=true", "isMaster=false"));

    // It began before the last word of a Sentinel, or a Sentinel is not through.
    CHECK(!clock.settle(agreed("redis-1"), at(2005), at(2600)));
    CHECK(!clock.settle(agreed("redis-1", "master,failover_in_progress"), at(2590), at(2600)));
    const auto settled = clock.settle(agreed("redis-1"), at(2600), at(2610));
    REQUIRE(settled);
    CHECK(settled->from == "redis-0");
    CHECK(settled->to == "redis-1");
    const std::map<std::string, Millis> phases{
        {"noMaster", Millis(2010)}, {"sdown", Millis(1000)}, {"odown", Millis(1020)}, {"switchMaster", Millis(2000)},
        {"role", Millis(2010)},     {"label", Millis(2500)}, {"agreed", Millis(2600)}};
    CHECK(settled->phases == phases);
    CHECK(!clock.settle(agreed("redis-1"), at(2700), at(2710)));
    CHECK(!clock.take(said(2720, "-dup-sentinel", false)));
}

TEST_CASE("A master that was always there was never away") {
    SwitchClock clock;
    clock.settle(agreed("redis-0"), at(0), at(1));
    clock.take(said(10, "+sdown"));
    clock.take(said(40, "-sdown"));
    const auto settled = clock.settle(agreed("redis-0"), at(50), at(51));
    REQUIRE(settled);
    CHECK(settled->from == "redis-0");
    CHECK(settled->to == "redis-0");
    CHECK(settled->phases.at("noMaster") == Millis(0));
}
