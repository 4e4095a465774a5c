#include "kube/pod_log.h"

#include <doctest/doctest.h>

using namespace redisctl::kube;

TEST_CASE("a line of a log is its time and its text") {
    const LogLine line = read_log_line("2026-01-31T10:00:00.5Z two words");
    CHECK(line.time == "2026-01-31T10:00:00.5Z");
    CHECK(line.text == "two words");
    CHECK(read_log_line("2026-01-31T10:00:00Z").text == "");
    CHECK(read_log_line("2026-01-31T10:00:00Z ").text == "");
    CHECK(read_log_line("unable to retrieve container logs").time == "");
    CHECK(read_log_line("unable to retrieve container logs").text == "unable to retrieve container logs");
    CHECK(read_log_line("").text == "");
}

TEST_CASE("times are compared by the nanosecond and across zones") {
    CHECK(nanoseconds_of("1970-01-01T00:00:01Z") == 1'000'000'000);
    CHECK(nanoseconds_of("1970-01-01T00:00:01.5Z") == 1'500'000'000);
    CHECK(nanoseconds_of("1970-01-01T00:00:01.000000001Z") == 1'000'000'001);
    CHECK(nanoseconds_of("1970-01-01T00:00:01.0000000019Z") == 1'000'000'001);
    CHECK(nanoseconds_of("1970-01-01T02:00:01.5+02:00") == 1'500'000'000);
    CHECK(nanoseconds_of("yesterday") == std::nullopt);
}
