#include "redis/directives.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

TEST_CASE("A file: the last line counts, and what adds up is added up") {
    CHECK(directives_of_file("# maxmemory 1\n\nmaxmemory 100mb\r\nMaxMemory  200mb\n  appendonly yes\nlonely\n") ==
          Directives{{"maxmemory", "200mb"}, {"appendonly", "yes"}});
    CHECK(directives_of_file("save 900 1\nsave 300 10") == Directives{{"save", "900 1 300 10"}});
    CHECK(directives_of_file("save \"\"\nrequirepass \"a \\\"b\"\nlogfile ''") ==
          Directives{{"save", ""}, {"requirepass", "a \"b"}, {"logfile", ""}});
    CHECK(directives_of_file("") == Directives{});
}

TEST_CASE("A command line, directly or in a shell") {
    const Directives wanted{{"appendonly", "yes"}, {"save", "900 1"}};
    CHECK(directives_of_command({"redis-server", "/etc/redis.conf", "--appendonly", "yes", "--save", "900", "1"}) == wanted);
    CHECK(directives_of_command({"sh", "-c", "set -e\nexec /usr/bin/valkey-server --appendonly yes \\\n --save 900 1 && true"}) ==
          wanted);
    CHECK(directives_of_command({"/bin/bash", "-c", "/opt/start-master.sh"}) == Directives{});
    CHECK(directives_of_command({"redis-server", "--save", ""}) == Directives{{"save", ""}});
    CHECK(directives_of_command({}) == Directives{});
}

TEST_CASE("What is written is compared as the server understands it") {
    CHECK(runs_with("maxmemory", "104857600", "100mb") == true);
    CHECK(runs_with("maxmemory", "104857600", "200mb") == false);
    CHECK(runs_with("maxmemory", "100000000", "100M") == true);
    CHECK(runs_with("maxmemory", "104857600", "100m") == false);
    CHECK(runs_with("appendonly", "yes", "YES") == true);
    CHECK(runs_with("save", "", "") == true);
    CHECK(runs_with("save", "900 1", "") == false);
    CHECK_FALSE(runs_with("maxmemory", "1", "$LIMIT"));
    CHECK_FALSE(runs_with("client-output-buffer-limit", "normal 0 0 0 slave 1 1 1", "normal 0 0 0"));
}
