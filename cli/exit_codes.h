// Error → exit code, and what each code means: one table for help, man page and tests.
#pragma once

#include "base/error.h"
#include "base/exit_code.h"

#include <span>
#include <string_view>

namespace redisctl::cli {

// For an error that ended a command before it changed anything; signal is the one that interrupted (SIGINT, SIGTERM) or
// 0.
ExitCode exit_code(const Error& error, int signal);

struct ExitMeaning {
    ExitCode code;
    std::string_view meaning;
    std::string_view changed;  // "no", "yes", "restored", "as said", ""
};
std::span<const ExitMeaning> exit_meanings();

}  // namespace redisctl::cli
