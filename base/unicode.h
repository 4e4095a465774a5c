// UTF-8 as code points: what is broken, what is unsafe to print, how wide it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace redisctl {

struct CodePoint {
    char32_t value = 0;
    size_t length = 1;  // bytes that it takes; of a broken sequence those that cannot be part of anything
    bool valid = true;
};

// The code point that starts at text[at]; at < text.size(). Overlong forms, surrogates and values over U+10FFFF are
// broken.
CodePoint decode_utf8(std::string_view text, size_t at);
void append_utf8(std::string& out, char32_t value);

// False for what moves, hides or reorders text on a terminal: C0 and C1 controls, bidi controls, zero-width and line
// separators, tags.
bool is_printable(char32_t value);

// 0 for combining characters, 2 for wide ones, else 1.
size_t column_width(char32_t value);

}  // namespace redisctl
