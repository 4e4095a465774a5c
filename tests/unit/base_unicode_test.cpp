#include "base/text.h"
#include "base/unicode.h"

#include <doctest/doctest.h>

using namespace redisctl;

TEST_CASE("what could move, hide or reorder text on a terminal becomes visible") {
    struct {
        std::string_view text, expected;
    } cases[] = {{"redis-0", "redis-0"},
                 {"\x1b[31mred", "\\x1b[31mred"},
                 {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
                 {std::string_view("a\0b", 3), "a\\x00b"},
                 {"\x7f", "\\x7f"},
                 {"\xc2\x9b"
                  "31m",
                  "\\u009b31m"},  // C1 CSI
                 {"a\xe2\x80\xae"
                  "b",
                  "a\\u202eb"},                                     // right-to-left override
                 {"\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069"},  // bidi isolates
                 {"\xef\xbb\xbf", "\\ufeff"},                       // byte order mark
                 {"\xf3\xa0\x81\x81", "\\U000e0041"},               // tag
                 {"K\xc3\xb6ln \xe2\x86\x92 \xf0\x9f\x98\x80", "K\xc3\xb6ln \xe2\x86\x92 \xf0\x9f\x98\x80"},
                 {"a\xff"
                  "b",
                  "a\\xffb"},
                 {"\xc3", "\\xc3"},
                 {"\xe2\x86", "\\xe2\\x86"},
                 {"\xc0\xaf", "\\xc0\\xaf"},                     // overlong '/'
                 {"\xed\xa0\x80", "\\xed\\xa0\\x80"},            // surrogate
                 {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}};  // beyond U+10FFFF
    for (const auto& c : cases) {
        CAPTURE(c.expected);
        CHECK(printable(c.text) == c.expected);
    }
}

TEST_CASE("broken UTF-8 becomes the replacement character, the rest stays as it is") {
    CHECK(valid_utf8("K\xc3\xb6ln\x1b") == "K\xc3\xb6ln\x1b");
    CHECK(valid_utf8("a\xff"
                     "b") ==
          "a\xef\xbf\xbd"
          "b");
    CHECK(valid_utf8("\xe2\x86") == "\xef\xbf\xbd");
    CHECK(valid_utf8("\xe2\x86x") == "\xef\xbf\xbdx");
}

TEST_CASE("width is counted in columns of a terminal") {
    CHECK(display_width("") == 0);
    CHECK(display_width("redis-0") == 7);
    CHECK(display_width("K\xc3\xb6ln") == 4);
    CHECK(display_width("e\xcc\x81") == 1);                 // e and a combining acute
    CHECK(display_width("\xe4\xb8\xad\xe6\x96\x87") == 4);  // two CJK characters
    CHECK(display_width("\xff") == 1);
}

TEST_CASE("every code point is decoded to itself and its neighbours are not") {
    for (char32_t value :
         {U'\x01', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xd7ff', U'\xe000', U'\xffff', U'\x10000', U'\x10ffff'}) {
        std::string text;
        append_utf8(text, value);
        CodePoint point = decode_utf8(text, 0);
        CAPTURE(static_cast<unsigned>(value));
        CHECK(point.valid);
        CHECK(point.value == value);
        CHECK(point.length == text.size());
    }
}
