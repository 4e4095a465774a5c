// argv to exit code: the one place that prints errors and picks the code.
#pragma once

#include "base/environment.h"
#include "cli/registry.h"

#include <span>

namespace redisctl::cli {

// argv: with the program's name. Never throws; what a command throws becomes exit 70.
int run(std::span<const char* const> argv, const Environment& environment, const Commands& commands = all_commands());

// The process as it was started: its argv and its environment. SIGPIPE is ignored from here on, closed standard
// descriptors are opened so that no socket takes their place, and the limit of open files goes up to the hard one.
int run_process(std::span<const char* const> argv);

}  // namespace redisctl::cli
