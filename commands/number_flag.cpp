#include "commands/number_flag.h"

#include "base/text.h"

#include <fmt/core.h>

namespace redisctl {

namespace {

constexpr int64_t kMostDatabases = 1'000'000;

}  // namespace

Result<int64_t> number_flag(std::string_view flag, const std::string& text, int64_t least, int64_t otherwise) {
    if (text.empty()) return otherwise;
    const auto number = parse_int(text);
    if (!number || *number < least)
        return fail(ErrorCode::usage, fmt::format("{}: '{}' is no number from {} on", flag, printable(text), least), {},
                    fmt::format("{} {}", flag, otherwise));
    return *number;
}

Result<std::optional<int64_t>> database_flag(std::string_view flag, const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto number = parse_int(text);
    if (!number || *number < 0 || *number > kMostDatabases)
        return fail(ErrorCode::usage, fmt::format("{}: '{}' is no number of a database", flag, printable(text)), {},
                    fmt::format("{} 0", flag));
    return number;
}

}  // namespace redisctl
