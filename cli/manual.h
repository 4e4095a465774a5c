// Manual pages in roff (man(7) macros), made from the table of commands.
#pragma once

#include "cli/registry.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::cli {

// "redisctl.1", "redisctl-role.1" …, "redisctl-exit-codes.7"
std::vector<std::string> page_names(const Commands& commands);

// Empty when there is no such page.
std::string page(const Commands& commands, std::string_view name);

}  // namespace redisctl::cli
