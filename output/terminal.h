// What there is to know of the terminal behind a descriptor, as a value.
#pragma once

#include "base/environment.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace redisctl::output {

enum class ColorWhen { automatic, always, never };
enum class Tone { plain, good, warn, bad, dim, strong };

struct Terminal {
    bool tty = false;
    bool color = false;
    size_t columns = 0;  // 0: as wide as needed
};

// `automatic` is colour on a terminal, unless NO_COLOR is set and not empty (no-color.org) or TERM is dumb.
Terminal look_at(int fd, ColorWhen when, const Environment& environment);

// The text in its tone where the terminal shows colours, else as it is.
std::string paint(std::string_view text, Tone tone, const Terminal& terminal);

}  // namespace redisctl::output
