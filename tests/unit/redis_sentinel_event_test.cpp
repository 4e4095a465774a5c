#include "redis/sentinel_event.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

TEST_CASE("Whom an event of a Sentinel is about") {
    const SentinelEvent master = read_sentinel_event("+odown", "master mymaster 10.0.0.1 6379 #quorum 2/2");
    CHECK(master.kind == "master");
    CHECK(master.master == "mymaster");
    CHECK(master.about == SentinelAddress{"10.0.0.1", 6379});
    CHECK(master.concerns_roles());

    const SentinelEvent replica =
        read_sentinel_event("+slave", "slave redis-1.redis:6380 redis-1.redis 6380 @ mymaster 10.0.0.1 6379");
    CHECK(replica.kind == "slave");
    CHECK(replica.master == "mymaster");
    CHECK(replica.about == SentinelAddress{"redis-1.redis", 6380});

    const SentinelEvent sentinel =
        read_sentinel_event("-dup-sentinel", "sentinel 8f6a 10.0.0.9 26379 @ mymaster 10.0.0.1 6379 #duplicate");
    CHECK(sentinel.kind == "sentinel");
    CHECK(sentinel.about == SentinelAddress{"10.0.0.9", 26379});
    CHECK(!sentinel.concerns_roles());
}

TEST_CASE("A switch names both masters") {
    const SentinelEvent event = read_sentinel_event("+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6380");
    CHECK(event.master == "mymaster");
    CHECK(event.about == SentinelAddress{"10.0.0.1", 6379});
    CHECK(event.moved == SentinelAddress{"10.0.0.2", 6380});
    CHECK(event.concerns_roles());
}

TEST_CASE("The value of a setting may be a password") {
    const SentinelEvent event = read_sentinel_event("+set", "master mymaster 10.0.0.1 6379 auth-pass pa55 word");
    CHECK(event.text == "master mymaster 10.0.0.1 6379 auth-pass");
    CHECK(event.master == "mymaster");
    CHECK(read_sentinel_event("+set", "master mymaster 10.0.0.1 6379").text == "master mymaster 10.0.0.1 6379");
}

TEST_CASE("What names nobody, or is not understood, keeps its words") {
    for (const char* text : {"7", "#tilt mode entered", "", " ", "master", "master mymaster 10.0.0.1 port",
                             "slave a 10.0.0.1", "mymaster 10.0.0.1"}) {
        CAPTURE(text);
        const SentinelEvent event = read_sentinel_event("+new-epoch", text);
        CHECK(event.text == text);
        CHECK(event.kind.empty());
        CHECK(event.about.host.empty());
        CHECK(!event.concerns_roles());
    }
    CHECK(read_sentinel_event("+tilt", "#tilt mode entered").concerns_roles());
    CHECK(read_sentinel_event("-failover-abort-not-elected", "master mymaster 10.0.0.1 6379").concerns_roles());
    CHECK(!read_sentinel_event("", "").concerns_roles());
    CHECK(read_sentinel_event("+switch-master", "mymaster 10.0.0.1 6379 nobody").moved.host.empty());
}
