#include "redis/monitor_line.h"

#include <doctest/doctest.h>

using namespace redisctl::redis;

TEST_CASE("A command, for whom and when") {
    const auto line = parse_monitor_line(R"(1339518083.107412 [0 127.0.0.1:60866] "set" "key" "a\x00\"b")");
    REQUIRE(line);
    CHECK(line->micros == 1'339'518'083'107'412);
    CHECK(line->database == 0);
    CHECK(line->client == "127.0.0.1:60866");
    CHECK(line->command == Request{"set", "key", std::string("a\0\"b", 4)});
}

TEST_CASE("Clients of other kinds") {
    const auto client = [](const std::string& whom) {
        const auto line = parse_monitor_line("1700000000.000001 [15 " + whom + "] \"ping\"");
        REQUIRE(line);
        CHECK(line->database == 15);
        CHECK(line->command == Request{"ping"});
        return line->client;
    };
    CHECK(client("lua") == "lua");
    CHECK(client("[::1]:6379") == "[::1]:6379");
    CHECK(client("unix:/run/redis/redis.sock") == "unix:/run/redis/redis.sock");
    CHECK(client("unix:/a folder/[0]") == "unix:/a folder/[0]");
    CHECK(client("?:0") == "?:0");
}

TEST_CASE("Bytes come back as they were") {
    const auto words = [](const std::string& quoted) {
        const auto line = parse_monitor_line("1.000000 [0 lua] " + quoted);
        return line ? line->command : Request{};
    };
    CHECK(words(R"("\n\r\t\a\b\\\"")") == Request{"\n\r\t\a\b\\\""});
    CHECK(words(R"("\xff\x7F\x00z")") == Request{std::string("\xff\x7f\0z", 4)});
    CHECK(words(R"("" "] \"" "")") == Request{"", "] \"", ""});
    CHECK(words(R"("\q")") == Request{"q"});
}

TEST_CASE("What is no such line is none") {
    for (const char* text : {"",
                             "OK",
                             "PONG",
                             "1339518083.107412",
                             "1339518083.107412 [0 lua]",
                             "1339518083.107412 [0 lua] ",
                             "1339518083.107412 [0 lua] set",
                             "1339518083.107412 [lua] \"set\"",
                             "1339518083.107412 [-1 lua] \"set\"",
                             "1339518083.107412 [0] \"set\"",
                             "1339518083.107412 [0 lua] \"set",
                             "1339518083.107412 [0 lua] \"set\\",
                             "1339518083.107412 [0 lua] \"set\\x0\"",
                             "1339518083.107412 [0 lua] \"set\\x-1\"",
                             "1339518083.107412 [0 lua] \"set\"\"key\"",
                             "1339518083.107412 [0 lua] \"set\" ",
                             "1339518083 [0 lua] \"set\"",
                             "1339518083.1 [0 lua] \"set\"",
                             "1339518083.-00001 [0 lua] \"set\"",
                             "-1.000000 [0 lua] \"set\"",
                             "99999999999999999999.000000 [0 lua] \"set\"",
                             "9223372036854775807.000000 [0 lua] \"set\"",
                             "yesterday [0 lua] \"set\""}) {
        CAPTURE(text);
        CHECK(!parse_monitor_line(text));
    }
}
