// Errors and notes for people, one shape for all of them.
#pragma once

#include "base/error.h"
#include "output/terminal.h"

#include <string>
#include <string_view>

namespace redisctl::output {

// redisctl: error: replica-1: link is down
//   cause: connection refused
//   hint:  redisctl ping
// A hint may have several lines; they stand under one another, so that a YAML snippet can be pasted.
std::string error_text(const Error& error, const Terminal& terminal);

// "redisctl: text"
std::string note_text(std::string_view text);

}  // namespace redisctl::output
