// What redisctl calls itself; equal to the project's version in CMakeLists.txt (a test compares them).
#pragma once

#include <string_view>

namespace redisctl {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace redisctl
