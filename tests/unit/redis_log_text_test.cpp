#include "redis/log_text.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

TEST_CASE("lines that tell of a failover") {
    for (const char* line :
         {"1:M 31 Jan 2026 10:00:00.000 * MASTER MODE enabled (user request from 'id=3 addr=…')",
          "1:S 31 Jan 2026 10:00:00.000 * Before turning into a replica, using my own master parameters to synthesize",
          "1:S 31 Jan 2026 10:00:00.000 # Connection with master lost.",
          "1:M 31 Jan 2026 10:00:00.000 * Connection with replica 10.0.0.2:6379 lost.",
          "1:S 31 Jan 2026 10:00:00.000 * MASTER <-> REPLICA sync: Finished with success",
          "1:X 31 Jan 2026 10:00:00.000 # +sdown master mymaster 10.0.0.1 6379",
          "1:X 31 Jan 2026 10:00:00.000 # -odown master mymaster 10.0.0.1 6379",
          "1:X 31 Jan 2026 10:00:00.000 # +switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379"}) {
        CAPTURE(line);
        CHECK(tells_of_failover(line));
    }
    for (const char* line : {"", "1:M 31 Jan 2026 10:00:00.000 * 10 changes in 60 seconds. Saving...",
                             "1:M 31 Jan 2026 10:00:00.000 * Background saving terminated with success",
                             "1:M 31 Jan 2026 10:00:00.000 # WARNING overcommit_memory is set to 0",
                             "1:X 31 Jan 2026 10:00:00.000 # +monitor master mymaster 10.0.0.1 6379 quorum 2"}) {
        CAPTURE(line);
        CHECK_FALSE(tells_of_failover(line));
    }
}

TEST_CASE("what a Sentinel was told to set stays hidden where it is a password") {
    CHECK(without_logged_secrets("1:X # +set master mymaster 10.0.0.1 6379 auth-pass secret words") ==
          "1:X # +set master mymaster 10.0.0.1 6379 auth-pass (hidden)");
    CHECK(without_logged_secrets("1:X # +set master mymaster 10.0.0.1 6379 quorum 2") ==
          "1:X # +set master mymaster 10.0.0.1 6379 quorum 2");
    CHECK(without_logged_secrets("nothing auth-pass of it") == "nothing auth-pass of it");
}
