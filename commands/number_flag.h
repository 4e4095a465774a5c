// Numbers that come as the text of a flag; an empty text is a flag that was not given.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl {

// `otherwise` where the flag was not given. Errors: usage, for what is no number or below `least`.
Result<int64_t> number_flag(std::string_view flag, const std::string& text, int64_t least, int64_t otherwise);

// The number of a database. Errors: usage.
Result<std::optional<int64_t>> database_flag(std::string_view flag, const std::string& text);

}  // namespace redisctl
