#include "backup/seal.h"

#include <doctest/doctest.h>

using namespace redisctl;
using namespace redisctl::backup;

namespace {

std::string reason_of(std::string_view sealed, const char* passphrase = "right") {
    const auto opened = open_sealed(sealed, Secret(passphrase));
    return opened ? "" : opened.error().reason;
}

}  // namespace

TEST_CASE("what was sealed opens with its passphrase, and with no other") {
    const auto seal = Seal::with(Secret("right"));
    REQUIRE(seal);
    const std::string text = "requirepass pa55\n";
    const std::string sealed = seal->close(text);
    CHECK(sealed.find("pa55") == std::string::npos);
    CHECK(sealed != seal->close(text));
    CHECK(open_sealed(sealed, Secret("right")).value() == text);
    CHECK(reason_of(sealed, "wrong") == "WRONG_PASSPHRASE");
    CHECK(open_sealed(sealed, Secret()).error().code == ErrorCode::usage);
}

TEST_CASE("nothing, and more than one piece of the stream") {
    const auto seal = Seal::with(Secret("right"));
    REQUIRE(seal);
    for (const size_t size : {size_t{0}, size_t{65536}, size_t{65537}, size_t{200'000}}) {
        CAPTURE(size);
        const std::string text(size, 'x');
        CHECK(open_sealed(seal->close(text), Secret("right")).value() == text);
    }
}

TEST_CASE("what was cut, changed or put together anew does not open") {
    const auto seal = Seal::with(Secret("right"));
    REQUIRE(seal);
    const std::string sealed = seal->close(std::string(100'000, 'x'));
    const size_t before = sealed.size() - (100'000 - 65536 + 17);  // where the last piece begins
    CHECK(reason_of("redis") == "NOT_SEALED");
    CHECK(reason_of(sealed.substr(0, 30)) == "DAMAGED");
    CHECK(reason_of(sealed.substr(0, before)) == "DAMAGED");
    CHECK(reason_of(sealed.substr(0, before + 5)) == "DAMAGED");
    CHECK(reason_of(sealed + "x") == "DAMAGED");
    CHECK(reason_of(sealed + sealed.substr(before)) == "DAMAGED");
    std::string changed = sealed;
    changed.back() ^= 1;
    CHECK(reason_of(changed) == "DAMAGED");
}

TEST_CASE("without a passphrase nothing is sealed") {
    CHECK(Seal::with(Secret()).error().code == ErrorCode::usage);
}
