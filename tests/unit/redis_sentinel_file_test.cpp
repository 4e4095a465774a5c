#include "redis/sentinel_file.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

namespace {

Value text(std::string_view word) {
    Value value;
    value.type = Value::Type::string;
    value.text = word;
    return value;
}

Value error(std::string_view line) {
    Value value;
    value.type = Value::Type::error;
    value.text = line;
    return value;
}

Value list(std::vector<Value> elements) {
    Value value;
    value.type = Value::Type::array;
    value.elements = std::move(elements);
    return value;
}

Value one_master() {
    return list({list({text("name"), text("a \"b\""), text("ip"), text("10.0.0.1"), text("port"), text("6379"),
                       text("quorum"), text("2"), text("parallel-syncs"), text("1"), text("num-slaves"), text("3")})});
}

}  // namespace

TEST_CASE("a sentinel.conf has what was told, and not what it found out") {
    const auto settings = read_sentinel_settings(
        one_master(),
        list({text("announce-ip"), text(""), text("loglevel"), text("notice"), text("sentinel-pass"), text("x")}),
        list({text("user default on nopass ~* &* +@all"), text("port 1")}));
    REQUIRE(settings);
    CHECK(sentinel_file(*settings, Passwords::left_out) ==
          "loglevel notice\n# sentinel sentinel-pass (hidden)\nuser default on nopass ~* &* +@all\n"
          "sentinel monitor \"a \\\"b\\\"\" 10.0.0.1 6379 2\nsentinel parallel-syncs \"a \\\"b\\\"\" 1\n");
    CHECK(sentinel_file(*settings, Passwords::kept).find("\nsentinel sentinel-pass x\n") != std::string::npos);
    CHECK(not_told(*settings) == std::vector<std::string>{"auth-pass", "auth-user", "rename-command"});
}

TEST_CASE("what a Sentinel does not know is no error, what it does not permit is one") {
    const auto old = read_sentinel_settings(one_master(), error("ERR Unknown sentinel subcommand 'CONFIG'"),
                                            error("ERR unknown command `ACL`, with args beginning with: `LIST`, "));
    REQUIRE(old);
    CHECK(!old->without_own);
    CHECK(!old->without_users);
    CHECK(not_told(*old).size() == 5);

    const auto denied = read_sentinel_settings(one_master(), error("NOPERM this user has no permissions"),
                                               error("NOPERM this user has no permissions"));
    REQUIRE(denied);
    CHECK(denied->without_own);
    CHECK(denied->without_users);
    CHECK(!read_sentinel_settings(error("NOPERM this user has no permissions"), list({}), list({})));
}
