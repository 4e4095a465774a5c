#include "cli/exit_codes.h"

#include <doctest/doctest.h>

#include <vector>

#include <signal.h>

using namespace redisctl;
using namespace redisctl::cli;

TEST_CASE("every error has its exit code") {
    struct {
        ErrorCode code;
        int expected;
    } cases[] = {{ErrorCode::usage, 2},     {ErrorCode::not_found, 3},     {ErrorCode::unauthenticated, 5},
                 {ErrorCode::forbidden, 5}, {ErrorCode::unreachable, 4},   {ErrorCode::timeout, 4},
                 {ErrorCode::protocol, 4},  {ErrorCode::server, 4},        {ErrorCode::refused, 6},
                 {ErrorCode::conflict, 6},  {ErrorCode::interrupted, 130}, {ErrorCode::io, 74},
                 {ErrorCode::internal, 70}};
    for (const auto& c : cases) {
        CAPTURE(c.expected);
        CHECK(static_cast<int>(exit_code({c.code, {}, {}, {}, {}}, 0)) == c.expected);
    }
    CHECK(exit_code({ErrorCode::interrupted, {}, {}, {}, {}}, SIGTERM) == ExitCode::terminated);
}

TEST_CASE("the codes that are explained are those of the contract, in order") {
    std::vector<int> codes;
    for (const ExitMeaning& meaning : exit_meanings()) codes.push_back(static_cast<int>(meaning.code));
    CHECK(codes == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70, 74, 130, 143});
}
