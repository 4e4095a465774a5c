// Asking before a change. The terminal itself is read, so that it goes with --password-stdin and with a piped stdout.
#pragma once

#include "base/result.h"

#include <string>

namespace redisctl {

// True for y or yes. Errors: refused when there is no terminal, naming the flag that stands for the answer;
// interrupted.
Result<bool> ask_yes_no(const std::string& question, const std::string& flag);

// The line that was typed. Errors: as above.
Result<std::string> ask_line(const std::string& question, const std::string& flag);

}  // namespace redisctl
