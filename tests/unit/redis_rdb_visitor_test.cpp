#include "redis/crc64.h"
#include "redis/dump_payload.h"
#include "redis/lzf.h"
#include "redis/rdb_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace redisctl;
using namespace redisctl::redis;
using namespace std::string_literals;

namespace {

std::string little_endian(uint64_t number, size_t size = 8) {
    std::string bytes;
    for (size_t i = 0; i < size; i++) bytes += static_cast<char>(number >> (8 * i));
    return bytes;
}

std::string text(std::string_view bytes) {
    return static_cast<char>(bytes.size()) + std::string(bytes);
}

struct Heard : RdbVisitor {
    struct Entry {
        RdbKey key;
        std::string value;
        bool ended = false;
    };
    std::vector<Entry> keys;
    std::vector<std::string> functions;

    Result<void> key(const RdbKey& key) override {
        keys.push_back({key, {}, false});
        return {};
    }
    Result<void> value(std::string_view bytes) override {
        CHECK(!bytes.empty());
        keys.back().value += bytes;
        return {};
    }
    Result<void> value_ends() override {
        keys.back().ended = true;
        return {};
    }
    Result<void> function(std::string_view code) override {
        functions.emplace_back(code);
        return {};
    }
};

// In pieces of this size.
Heard hear(const std::string& body, size_t piece) {
    const std::string whole = body + "\xff";
    const std::string rdb = whole + little_endian(crc64(0, whole));
    Heard heard;
    RdbReader reader(&heard);
    for (size_t at = 0; at < rdb.size(); at += piece) REQUIRE(reader.feed(std::string_view(rdb).substr(at, piece)));
    REQUIRE(reader.finish());
    return heard;
}

}  // namespace

TEST_CASE("each key is told with its value as it lies there, however the bytes are cut") {
    const std::string list = "\x02"s + text("a") + text("bc");                                         // two elements
    const std::string stream_free = "\x02"s + text("member") + "\x03"s + "1.5" + text("n") + "\xfe"s;  // scores as text
    const std::string rdb = "REDIS0011\xf5"s + text("#!lua name=one") + "\xfe\0"s + "\xfb\x02\x01"s +  //
                            "\xfc"s + little_endian(1'900'000'000'123) + "\0"s + text("first") + text("value") +  //
                            "\xfe\x05"s + "\xf8\x07"s + "\x01"s + text("second") + list +                         //
                            "\xf9\x09"s + "\x03"s + "\xc0\x2a"s + stream_free +                                   //
                            "\0"s + text("") + text("");
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{7}, rdb.size() + 9}) {
        CAPTURE(piece);
        const Heard heard = hear(rdb, piece);
        CHECK(heard.functions == std::vector<std::string>{"#!lua name=one"});
        REQUIRE(heard.keys.size() == 4);
        CHECK(heard.keys[0].key.name == "first");
        CHECK(heard.keys[0].key.database == 0);
        CHECK(heard.keys[0].key.expires_at_ms == 1'900'000'000'123);
        CHECK(heard.keys[0].value == text("value"));
        CHECK(heard.keys[1].key.name == "second");
        CHECK(heard.keys[1].key.database == 5);
        CHECK(heard.keys[1].key.type == 1);
        CHECK(heard.keys[1].key.idle_seconds == 7);
        CHECK(!heard.keys[1].key.expires_at_ms);
        CHECK(heard.keys[1].value == list);
        CHECK(heard.keys[2].key.name == "42");
        CHECK(heard.keys[2].key.frequency == 9);
        CHECK(!heard.keys[2].key.idle_seconds);
        CHECK(heard.keys[2].value == stream_free);
        CHECK(heard.keys[3].key.name.empty());
        CHECK(heard.keys[3].value == text(""));
        for (const Heard::Entry& entry : heard.keys) CHECK(entry.ended);
    }
}

TEST_CASE("a payload's footer is that of DUMP") {
    // What DUMP of Redis 7.0.15 says after SET a b.
    DumpPayload payload(0);
    payload.add("\x01");
    payload.add("b");
    CHECK(payload.footer(10) == "\x0a\0\x16$\xb8\x91\xa6\xe3\x12\x83"s);
    const std::string hollow = hollow_payload(12);
    CHECK(hollow.size() == 1 + DumpPayload::footer_size);
    CHECK(hollow.substr(3) == little_endian(crc64(0, hollow.substr(0, 3))));
}

TEST_CASE("LZF is undone, and nothing broken is believed") {
    // Three literal bytes, then nine from three bytes back.
    const std::string packed = "\x02"s + "abc" + "\xe0\x00\x02"s;
    CHECK(lzf_decompress(packed, 12) == "abcabcabcabc");
    CHECK(!lzf_decompress(packed, 11));
    CHECK(!lzf_decompress(packed, 13));
    for (size_t size = 0; size < packed.size(); size++) CHECK(!lzf_decompress(packed.substr(0, size), 12));
    CHECK(!lzf_decompress("\x02"s + "abc" + "\xe0\x00\x03"s, 12));  // from before the begin
    CHECK(!lzf_decompress("\x02"s + "abc", uint64_t{1} << 40));     // no memory is taken for that
    CHECK(lzf_decompress("", 0) == "");
}
