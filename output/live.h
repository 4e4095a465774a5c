// A view that is drawn again and again on a terminal.
#pragma once

#include "base/time.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace redisctl::output {

// ECMA-48: the cursor to the top, and nothing on the screen.
inline constexpr std::string_view from_the_top = "\x1b[H\x1b[J";

// What stands below it.
inline std::string rhythm(Millis interval) {
    return fmt::format("\nevery {:.1f} s, Ctrl-C ends it\n", static_cast<double>(interval.count()) / 1000);
}

}  // namespace redisctl::output
