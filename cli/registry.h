// The table of commands.
#pragma once

#include "commands/command.h"

#include <string_view>
#include <vector>

namespace redisctl::cli {

using Commands = std::vector<const Command*>;

// All of them, sorted by name.
const Commands& all_commands();

// By its name, by one of its aliases, or by either with "redis-" before it, as the make targets were called; nullptr
// when there is none.
const Command* find_command(const Commands& commands, std::string_view word);

}  // namespace redisctl::cli
