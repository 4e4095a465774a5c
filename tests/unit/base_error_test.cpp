#include "base/error.h"
#include "base/finding.h"

#include <doctest/doctest.h>

using namespace redisctl;

TEST_CASE("an error is named by its reason, else by its code") {
    Error error{ErrorCode::unauthenticated, "redis-0: password rejected", {}, {}, {}};
    CHECK(error.name() == "UNAUTHENTICATED");
    CHECK(std::move(error).with_reason("WRONGPASS").with_cause("WRONGPASS invalid").name() == "WRONGPASS");
}

TEST_CASE("severities have the names of the contract") {
    CHECK(severity_name(Severity::info) == "info");
    CHECK(severity_name(Severity::warning) == "warning");
    CHECK(severity_name(Severity::critical) == "critical");
}
