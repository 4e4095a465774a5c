// Asking before a change. The terminal itself is read, so that it goes with --password-stdin and with a piped stdout.
#pragma once

#include "base/environment.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace redisctl {

// Before anything else is asked: $REDISCTL_READ_ONLY, set to anything but 0, forbids every change; dry runs stay. The
// flag --read-only is the same variable with the flag as its value. Errors: refused (READ_ONLY).
inline constexpr std::string_view kReadOnlyVariable = "REDISCTL_READ_ONLY", kReadOnlyFlag = "--read-only";
Result<void> changes_allowed(const Environment& environment);

// True for y or yes. Errors: refused when there is no terminal, naming the flag that stands for the answer;
// interrupted.
Result<bool> ask_yes_no(const std::string& question, const std::string& flag);

// What destroys wants the instance's name: `given` by --confirm, or typed behind `warning`, which is empty or ends
// where a sentence can begin. Errors: as above, and refused (NOT_CONFIRMED) for another name.
Result<void> ask_for_name(const std::string& name, const std::string& given, const std::string& warning);

// What is known of that before anything else is done: another name is given, or none, and there is no terminal. Errors:
// as above.
Result<void> can_be_confirmed(const std::string& name, const std::string& given);

// The line that was typed. Errors: as above.
Result<std::string> ask_line(const std::string& question, const std::string& flag);

}  // namespace redisctl
