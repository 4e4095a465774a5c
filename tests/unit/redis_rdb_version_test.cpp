#include "redis/rdb_version.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

TEST_CASE("the format that a release writes") {
    CHECK(rdb_version_of({"redis", "5.0.14"}) == 9);
    CHECK(rdb_version_of({"redis", "6.2.7"}) == 9);
    CHECK(rdb_version_of({"redis", "7.0.15"}) == 10);
    CHECK(rdb_version_of({"redis", "7.2.4"}) == 11);
    CHECK(rdb_version_of({"redis", "7.4.0"}) == 12);
    CHECK(rdb_version_of({"redis", "8.0.2"}) == 12);
    CHECK(rdb_version_of({"valkey", "8.1.1"}) == 11);
    CHECK(rdb_version_of({"valkey", "9.0.0"}) == 80);
    CHECK(rdb_version_of({"redis", "99.0.0"}) == std::nullopt);
    CHECK(rdb_version_of({"redis", ""}) == std::nullopt);
    CHECK(rdb_version_of({"redis", "unstable"}) == std::nullopt);
}

TEST_CASE("an older server cannot load what a newer one writes") {
    CHECK(can_load({"redis", "8.0.2"}, {"redis", "7.0.15"}) == true);
    CHECK(can_load({"redis", "7.0.15"}, {"redis", "8.0.2"}) == false);
    CHECK(can_load({"redis", "6.0.16"}, {"redis", "6.2.1"}) == true);
    CHECK(can_load({"redis", "7.2.4"}, {"valkey", "8.1.1"}) == true);
    CHECK(can_load({"redis", "8.0.2"}, {"valkey", "9.0.1"}) == false);
}

TEST_CASE("Valkey does not load what Redis wrote after the two parted") {
    CHECK(can_load({"valkey", "9.0.1"}, {"redis", "7.4.0"}) == false);
    CHECK(can_load({"valkey", "8.1.1"}, {"redis", "7.2.4"}) == true);
}

TEST_CASE("what is not known is not guessed, but two of one minor version are the same") {
    CHECK(can_load({"redis", "8.0.2"}, {"redis", "99.0.1"}) == std::nullopt);
    CHECK(can_load({"redis", "99.0.2"}, {"redis", "99.0.1"}) == true);
    CHECK(can_load({"valkey", "99.0.2"}, {"redis", "99.0.1"}) == std::nullopt);
    CHECK(can_load({"redis", ""}, {"redis", ""}) == std::nullopt);
}
