// By which name the program was started: kubectl starts a plugin, kubectl-redisctl, for what its user typed as
// `kubectl redisctl`.
#pragma once

#include "base/environment.h"

#include <string>
#include <string_view>

namespace redisctl::cli {

// "redisctl", or "kubectl redisctl". file: argv[0].
std::string_view called_as(std::string_view file);

// The environment with that name in it, for the commands that print help; and it out of there.
Environment with_name(const Environment& environment, std::string_view name);
std::string name_in(const Environment& environment);

// Help in which the command lines begin as the user typed them.
std::string in_name_of(std::string_view name, std::string help);

}  // namespace redisctl::cli
