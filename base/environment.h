// The environment as a function, so that tests bring their own; cli/ hands in the process's.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace redisctl {

// The variable's value; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

}  // namespace redisctl
