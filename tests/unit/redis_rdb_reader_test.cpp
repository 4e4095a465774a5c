#include "redis/crc64.h"
#include "redis/rdb_reader.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

using namespace redisctl;
using namespace redisctl::redis;
using namespace std::string_literals;

namespace {

std::string little_endian(uint64_t number) {
    std::string bytes;
    for (int i = 0; i < 8; i++) bytes += static_cast<char>(number >> (8 * i));
    return bytes;
}

// A string of less than 64 bytes.
std::string text(std::string_view bytes) {
    return static_cast<char>(bytes.size()) + std::string(bytes);
}

std::string sealed(std::string body) {
    body += '\xff';
    return body + little_endian(crc64(0, body));
}

Result<RdbFacts> read(std::string_view bytes, size_t piece) {
    RdbReader reader;
    for (size_t at = 0; at < bytes.size(); at += piece) TRY(reader.feed(bytes.substr(at, piece)));
    return reader.finish();
}

// In one piece, and byte by byte.
Result<RdbFacts> read(std::string_view bytes) {
    Result<RdbFacts> whole = read(bytes, bytes.size() + 1), pieces = read(bytes, 1);
    REQUIRE(whole.has_value() == pieces.has_value());
    if (whole)
        CHECK(*whole == *pieces);
    else
        CHECK(whole.error().message == pieces.error().message);
    return whole;
}

const std::string in_db_0 = "REDIS0009\xfe\0"s;
const std::string key = "\0"s + text("key") + text("value");

}  // namespace

TEST_CASE("the checksum is that of redis' own test") {
    CHECK(crc64(0, "123456789") == 0xe9c6d914c4b8d9ca);
    CHECK(crc64(crc64(0, "1234567"), "89") == 0xe9c6d914c4b8d9ca);
}

TEST_CASE("keys are counted by database, and those that expire") {
    const std::string expires = "\xfc"s + little_endian(1'900'000'000'000), in_seconds = "\xfd\1\2\3\4"s;
    const auto facts = read(sealed(in_db_0 + key + expires + key + "\xfe\x03"s + in_seconds + key + key));
    REQUIRE(facts);
    CHECK(facts->version == 9);
    CHECK(facts->databases == std::map<uint64_t, RdbDatabase>{{0, {2, 1}}, {3, {2, 1}}});
    CHECK(facts->keys() == 4);
    CHECK(facts->not_counted.empty());
    CHECK(facts->checksum == RdbChecksum::good);
}

TEST_CASE("notes are kept, whether they are text or a number") {
    const auto facts = read(sealed("REDIS0011\xfa"s + text("redis-ver") + text("7.2.4") + "\xfa"s + text("redis-bits") +
                                   "\xc0\x40"s + "\xfa"s + text("used-mem") + "\xc2\xff\xff\xff\xff"s + "\xfa"s +
                                   text("long") + "\x48\x01"s + std::string(2049, 'x') + in_db_0.substr(9) + key));
    REQUIRE(facts);
    CHECK(facts->notes ==
          std::map<std::string, std::string>{{"redis-ver", "7.2.4"}, {"redis-bits", "64"}, {"used-mem", "-1"}});
    CHECK(facts->keys() == 1);
}

TEST_CASE("what a module saves is walked over") {
    const std::string id = "\x81"s + "12345678";
    const std::string pieces =
        "\x01\x05"s + "\x02\x06"s + "\x03" + "1234" + "\x04" + "12345678" + "\x05" + text("abc") + "\0"s;
    const std::string value = "\x07"s + text("key") + id + pieces;
    const std::string beside = "\xf7"s + id + "\x02\x01"s + pieces;
    const auto facts = read(sealed(in_db_0 + value + beside + key));
    REQUIRE(facts);
    CHECK(facts->keys() == 2);
}

TEST_CASE("a value may be compressed, long, or hold nothing") {
    const std::string compressed = "\0"s + text("lzf") + "\xc3\x04\x41\x00"s + "1234";
    const std::string long_one = "\0"s + text("long") + "\x80\x00\x01\x00\x00"s + std::string(65536, 'x');
    const std::string empty = "\x01"s + text("list") + "\0"s;
    const std::string scores = "\x03"s + text("scores") + "\x02"s + text("a") + "\x03" + "1.5" + text("b") + "\xfe";
    const auto facts = read(sealed(in_db_0 + compressed + long_one + empty + scores));
    REQUIRE(facts);
    CHECK(facts->keys() == 4);
}

TEST_CASE("what is not known is not counted, and the checksum counts all the same") {
    const std::string body = in_db_0 + key + "\x1f"s + text("new") + "whatever follows";
    const auto facts = read(sealed(body));
    REQUIRE(facts);
    CHECK(facts->keys() == 1);
    CHECK(facts->not_counted == "at byte 22 stands something of type 31, which is not known here");
    CHECK(facts->checksum == RdbChecksum::good);
    std::string other = sealed(body);
    other[30] ^= 1;
    CHECK(read(other).error().reason == "RDB_CHECKSUM");
    CHECK(read(body + "x12345678").error().reason == "RDB_CUT");
}

TEST_CASE("a newer format is not counted") {
    for (const char* magic : {"REDIS0013", "VALKEY080"}) {
        CAPTURE(magic);
        const auto facts = read(sealed(magic + in_db_0.substr(9) + key));
        REQUIRE(facts);
        CHECK(facts->not_counted == "its format "s + magic + " is newer than those known here, up to 12");
        CHECK(facts->keys() == 0);
    }
}

TEST_CASE("a server that writes no checksum is told of") {
    const auto facts = read(in_db_0 + key + "\xff"s + std::string(8, '\0'));
    REQUIRE(facts);
    CHECK(facts->checksum == RdbChecksum::absent);
}

TEST_CASE("every cut is seen") {
    const std::string whole = sealed(in_db_0 + key + key);
    for (size_t size = 0; size < whole.size(); size++) {
        CAPTURE(size);
        CHECK(read(whole.substr(0, size)).error().reason == "RDB_CUT");
    }
}

TEST_CASE("every changed byte is seen") {
    const std::string whole = sealed(in_db_0 + key + key);
    for (size_t at = 0; at < whole.size(); at++) {
        CAPTURE(at);
        std::string changed = whole;
        changed[at] ^= 0x55;
        CHECK(!read(changed));
    }
}

TEST_CASE("what is no RDB, and what stands behind its end, are errors that say where") {
    CHECK(read("-NOAUTH Authentication required.\r\n").error().message == "this is no RDB");
    const auto behind = read(sealed(in_db_0 + key) + "x");
    CHECK(behind.error().message == "the RDB is broken at byte 23");
    CHECK(behind.error().cause == "there are bytes behind its end");
    CHECK(read(in_db_0 + "\0\xc9"s).error().message == "the RDB is broken at byte 12");
}
