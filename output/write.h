// Bytes to a descriptor, all of them or an error.
#pragma once

#include "base/result.h"

#include <string_view>

namespace redisctl::output {

inline constexpr std::string_view kClosedPipe = "EPIPE";  // Error::reason: the reader went away

// Blocks until all is written, also where the descriptor is non-blocking. Errors: io (reason kClosedPipe when the
// reader went away); interrupted when a signal came while it waited.
Result<void> write_all(int fd, std::string_view text);

// Would not wait for a reader with a few lines, or need not: there is none any more.
bool has_room(int fd);

}  // namespace redisctl::output
