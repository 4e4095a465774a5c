#include "base/unicode.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace redisctl {

namespace {

struct Range {
    char32_t first, last;
};

template <size_t size>
bool contains(const std::array<Range, size>& ranges, char32_t value) {
    auto after =
        std::upper_bound(ranges.begin(), ranges.end(), value, [](char32_t v, const Range& r) { return v < r.first; });
    return after != ranges.begin() && value <= std::prev(after)->last;
}

// Unicode 15: Default_Ignorable_Code_Point and bidi controls, without the joiners U+200C and U+200D, which scripts and
// emoji need.
constexpr std::array<Range, 11> kUnsafe{{{0x00, 0x1f},
                                         {0x7f, 0x9f},
                                         {0xad, 0xad},
                                         {0x61c, 0x61c},
                                         {0x180e, 0x180e},
                                         {0x200b, 0x200b},
                                         {0x200e, 0x200f},
                                         {0x2028, 0x202e},
                                         {0x2060, 0x206f},
                                         {0xfeff, 0xfeff},
                                         {0xe0000, 0xe0fff}}};

// General categories Mn and Me of the scripts in common use, and the joiners.
constexpr std::array<Range, 41> kCombining{
    {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x5bf, 0x5bf},     {0x5c1, 0x5c2},    {0x5c4, 0x5c5},
     {0x610, 0x61a},   {0x64b, 0x65f},   {0x670, 0x670},   {0x6d6, 0x6dc},     {0x6df, 0x6e4},    {0x6e7, 0x6e8},
     {0x6ea, 0x6ed},   {0x711, 0x711},   {0x730, 0x74a},   {0x900, 0x902},     {0x93c, 0x93c},    {0x941, 0x948},
     {0x94d, 0x94d},   {0x951, 0x957},   {0x981, 0x981},   {0x9bc, 0x9bc},     {0x9c1, 0x9c4},    {0x9cd, 0x9cd},
     {0xa41, 0xa51},   {0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},     {0xeb1, 0xeb1},    {0xeb4, 0xebc},
     {0xec8, 0xece},   {0x1ab0, 0x1ace}, {0x1dc0, 0x1dff}, {0x200c, 0x200d},   {0x20d0, 0x20f0},  {0x302a, 0x302d},
     {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef}}};

// East Asian Width W and F.
constexpr std::array<Range, 31> kWide{
    {{0x1100, 0x115f},  {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3},
     {0x25fd, 0x25fe},  {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1},
     {0x26aa, 0x26ab},  {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea},
     {0x2705, 0x2705},  {0x274c, 0x274c}, {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2e80, 0x303e}, {0x3041, 0x33ff},
     {0x3400, 0x4dbf},  {0x4e00, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
     {0x1f300, 0x3fffd}}};

unsigned char byte(std::string_view text, size_t at) {
    return static_cast<unsigned char>(text[at]);
}

}  // namespace

CodePoint decode_utf8(std::string_view text, size_t at) {
    unsigned char first = byte(text, at);
    if (first < 0x80) return {first, 1, true};
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return {first, 1, false};
    // The second byte's bounds shut out overlong forms, surrogates and what lies beyond U+10FFFF (Unicode 15, table
    // 3-7).
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    char32_t value = first & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
        if (at + i >= text.size() || byte(text, at + i) < low || byte(text, at + i) > high) return {first, i, false};
        value = value << 6 | (byte(text, at + i) & 0x3fU);
        low = 0x80;
        high = 0xbf;
    }
    return {value, length, true};
}

void append_utf8(std::string& out, char32_t value) {
    auto put = [&](char32_t bits) { out.push_back(static_cast<char>(static_cast<unsigned char>(bits))); };
    if (value < 0x80) {
        put(value);
    } else if (value < 0x800) {
        put(0xc0 | value >> 6);
        put(0x80 | (value & 0x3f));
    } else if (value < 0x10000) {
        put(0xe0 | value >> 12);
        put(0x80 | (value >> 6 & 0x3f));
        put(0x80 | (value & 0x3f));
    } else {
        put(0xf0 | value >> 18);
        put(0x80 | (value >> 12 & 0x3f));
        put(0x80 | (value >> 6 & 0x3f));
        put(0x80 | (value & 0x3f));
    }
}

bool is_printable(char32_t value) {
    return !contains(kUnsafe, value);
}

size_t column_width(char32_t value) {
    if (value < 0x300) return 1;
    if (contains(kCombining, value)) return 0;
    return contains(kWide, value) ? 2 : 1;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        CodePoint point = decode_utf8(text, at);
        if (!point.valid) {
            for (size_t i = 0; i < point.length; ++i) out += fmt::format("\\x{:02x}", byte(text, at + i));
        } else if (is_printable(point.value)) {
            out += text.substr(at, point.length);
        } else if (point.value == '\n') {
            out += "\\n";
        } else if (point.value == '\r') {
            out += "\\r";
        } else if (point.value == '\t') {
            out += "\\t";
        } else if (point.value < 0x80) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(point.value));
        } else if (point.value < 0x10000) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(point.value));
        } else {
            out += fmt::format("\\U{:08x}", static_cast<unsigned>(point.value));
        }
        at += point.length;
    }
    return out;
}

std::string valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        CodePoint point = decode_utf8(text, at);
        out += point.valid ? text.substr(at, point.length) : std::string_view("\xef\xbf\xbd");
        at += point.length;
    }
    return out;
}

size_t display_width(std::string_view text) {
    size_t width = 0;
    for (size_t at = 0; at < text.size();) {
        CodePoint point = decode_utf8(text, at);
        width += point.valid ? column_width(point.value) : 1;
        at += point.length;
    }
    return width;
}

}  // namespace redisctl
