#include "base/text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

using namespace redisctl;

TEST_CASE("an integer is the whole text or none") {
    CHECK(parse_int("0") == 0);
    CHECK(parse_int("-7") == -7);
    CHECK(parse_int("9223372036854775807") == std::numeric_limits<int64_t>::max());
    for (const char* text : {"", "+1", " 1", "1 ", "1a", "0x10", "9223372036854775808", "1.0", "-"}) {
        CAPTURE(text);
        CHECK(parse_int(text) == std::nullopt);
    }
}

TEST_CASE("a port is 1 to 65535") {
    CHECK(parse_port("1") == 1);
    CHECK(parse_port("65535") == 65535);
    for (const char* text : {"", "0", "65536", "-1", "6379x"}) {
        CAPTURE(text);
        CHECK(parse_port(text) == std::nullopt);
    }
}

TEST_CASE("a duration is numbers with units") {
    struct {
        const char* text;
        int64_t millis;
    } cases[] = {{"500ms", 500},     {"5s", 5000}, {"1.5s", 1500}, {"1m30s", 90'000},      {"2h", 7'200'000},
                 {"1d", 86'400'000}, {"0s", 0},    {"0.0001s", 1}, {"1h0m0.5s", 3'600'500}};
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(parse_duration(c.text).value() == Millis(c.millis));
    }
}

TEST_CASE("a duration without a unit, with a wrong one or too large is a usage error that says how to write it") {
    for (const char* text : {"", "5", "s", "5x", "-5s", "5 s", "1..5s", ".5s", "5.s", "5S", "1s5",
                             "99999999999999999999s", "9223372036854775807d", "9223372036854775807ms1ms"}) {
        CAPTURE(text);
        auto result = parse_duration(text);
        REQUIRE(!result);
        CHECK(result.error().code == ErrorCode::usage);
        CHECK(result.error().message == "'" + std::string(text) + "' is no duration");
        CHECK(result.error().hint == "write it as 500ms, 5s, 1m30s or 2h");
    }
}

TEST_CASE("where kubectl takes bare seconds they are taken") {
    CHECK(parse_duration_or_seconds("5").value() == Millis(5000));
    CHECK(parse_duration_or_seconds("0").value() == Millis(0));
    CHECK(parse_duration_or_seconds("300ms").value() == Millis(300));
    CHECK(!parse_duration_or_seconds(""));
    CHECK(!parse_duration_or_seconds("-1"));
}

TEST_CASE("a size is bytes, and every K is 1024") {
    struct {
        const char* text;
        uint64_t bytes;
    } cases[] = {{"0", 0},         {"10", 10},        {"100B", 100},       {"1k", 1024},   {"1KB", 1024},
                 {"64KiB", 65536}, {"1MiB", 1048576}, {"2GB", 2147483648}, {"1.5k", 1536}, {"1TiB", 1099511627776}};
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(parse_bytes(c.text).value() == c.bytes);
    }
    for (const char* text : {"", "k", "1x", "1kk", "-1", "1 k", "9223372036854775808", "9007199254740992t"}) {
        CAPTURE(text);
        auto result = parse_bytes(text);
        REQUIRE(!result);
        CHECK(result.error().code == ErrorCode::usage);
        CHECK(result.error().message == "'" + std::string(text) + "' is no size");
    }
}

TEST_CASE("bytes for people have at most one digit after the point") {
    struct {
        uint64_t bytes;
        const char* text;
    } cases[] = {{0, "0B"},         {1023, "1023B"},   {1024, "1KiB"},       {1536, "1.5KiB"},
                 {1048575, "1MiB"}, {1048576, "1MiB"}, {5368709120, "5GiB"}, {UINT64_MAX, "16EiB"}};
    for (const auto& c : cases) {
        CAPTURE(c.bytes);
        CHECK(human_bytes(c.bytes) == c.text);
    }
}

TEST_CASE("names sort as people count") {
    std::vector<std::string> names{"redis-10",
                                   "redis-2",
                                   "redis",
                                   "a",
                                   "redis-02",
                                   "redis-2/sentinel",
                                   "b1c10",
                                   "b1c9",
                                   "redis-99999999999999999999",
                                   "redis-100000000000000000000"};
    std::sort(names.begin(), names.end(), natural_less);
    CHECK(names == std::vector<std::string>{"a", "b1c9", "b1c10", "redis", "redis-02", "redis-2", "redis-2/sentinel",
                                            "redis-10", "redis-99999999999999999999", "redis-100000000000000000000"});
    CHECK(!natural_less("redis-1", "redis-1"));
}

TEST_CASE("text is split, trimmed and lowered") {
    CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(trim(" \t a b\r\n") == "a b");
    CHECK(trim(" \n") == "");
    CHECK(lower("AbZ-Ä") == "abz-Ä");
}

TEST_CASE("an unknown word is answered with the nearest one, or with none") {
    std::vector<std::string> commands{"info",        "master-info",      "ping", "pods",
                                      "replica-lag", "replication-info", "role", "status"};
    struct {
        const char* word;
        std::optional<std::string> expected;
    } cases[] = {{"statsu", "status"},
                 {"STATUS", "status"},
                 {"replcia-lag", "replica-lag"},
                 {"replication", "replication-info"},
                 {"lag", "replica-lag"},
                 {"pod", "pods"},
                 {"rol", "role"},
                 {"xyzzy", std::nullopt},
                 {"", std::nullopt},
                 {"failover", std::nullopt},
                 {"pign", "ping"},
                 {"inof", "info"}};
    for (const auto& c : cases) {
        CAPTURE(c.word);
        CHECK(nearest(c.word, commands) == c.expected);
    }
}

TEST_CASE("base64 is decoded with line breaks and refused when broken") {
    struct {
        const char *plain, *encoded;
    } cases[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                 {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
    for (const auto& c : cases) {
        CAPTURE(c.encoded);
        CHECK(base64_encode(c.plain) == c.encoded);
        CHECK(base64_decode(c.encoded) == c.plain);
    }
    CHECK(base64_decode(" Zm\n9v\r\nYg= =\n") == "foob");
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
    CHECK(base64_decode(base64_encode(every_byte)) == every_byte);
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v=", "Zg==Zg==", "Zm-v", "Zm9v!"}) {
        CAPTURE(text);
        CHECK(base64_decode(text) == std::nullopt);
    }
}

TEST_CASE("an RFC 3339 time is seconds since the epoch") {
    struct {
        const char* text;
        std::optional<int64_t> expected;
    } cases[] = {{"1970-01-01T00:00:00Z", 0},
                 {"2026-01-31T12:00:00Z", 1769860800},
                 {"2026-01-31T12:00:00.123456789Z", 1769860800},
                 {"2026-01-31T14:30:00+02:30", 1769860800},
                 {"2026-01-31t10:00:00-02:00", 1769860800},
                 {"1969-12-31T23:59:59Z", -1},
                 {"2024-02-29T00:00:00Z", 1709164800},
                 {"2023-02-29T00:00:00Z", std::nullopt},
                 {"2026-13-01T00:00:00Z", std::nullopt},
                 {"2026-01-01T24:00:00Z", std::nullopt},
                 {"2026-01-01T00:00:00", std::nullopt},
                 {"2026-01-01T00:00:00.Z", std::nullopt},
                 {"2026-01-01T00:00:00Zx", std::nullopt},
                 {"2026-01-01T00:00:00+0200", std::nullopt},
                 {"2026-01-01", std::nullopt},
                 {"", std::nullopt}};
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(parse_rfc3339(c.text) == c.expected);
    }
}

TEST_CASE("the time now is written so that it can be read back") {
    auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    for (const auto& text : {rfc3339_now(), rfc3339_micros_now()}) {
        CAPTURE(text);
        auto read = parse_rfc3339(text);
        REQUIRE(read);
        CHECK(*read >= now);
        CHECK(*read <= now + 5);
    }
    CHECK(rfc3339_now().size() == std::string_view("2026-01-31T12:00:00Z").size());
    CHECK(rfc3339_micros_now().size() == std::string_view("2026-01-31T12:00:00.000000Z").size());
}
