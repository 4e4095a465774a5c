// Asking before a change. The terminal itself is read, so that it goes with --password-stdin and with a piped stdout.
#pragma once

#include "base/environment.h"
#include "base/result.h"

#include <string>

namespace redisctl {

// Before anything else is asked: $REDISCTL_READ_ONLY, set to anything but 0, forbids every change; plans and dry runs
// stay. Errors: refused (READ_ONLY).
Result<void> changes_allowed(const Environment& environment);

// True for y or yes. Errors: refused when there is no terminal, naming the flag that stands for the answer;
// interrupted.
Result<bool> ask_yes_no(const std::string& question, const std::string& flag);

// The line that was typed. Errors: as above.
Result<std::string> ask_line(const std::string& question, const std::string& flag);

}  // namespace redisctl
