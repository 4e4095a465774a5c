#include "commands/info_fields.h"

#include "base/text.h"

#include <fmt/core.h>

namespace redisctl {

std::vector<redis::Request> info_requests(const std::vector<std::string_view>& sections) {
    std::vector<redis::Request> requests{{"INFO", "replication"}};
    for (const std::string_view section : sections) requests.push_back({"INFO", std::string(section)});
    return requests;
}

Result<redis::InfoFields> info_of(const Result<std::vector<redis::Value>>& replies,
                                  const std::vector<std::string_view>& sections) {
    TRY(replies);
    TRY_ASSIGN(redis::InfoFields fields, redis::read_info(replies->at(0), "replication"));
    size_t i = 1;
    for (const std::string_view section : sections) {
        TRY_ASSIGN(redis::InfoFields more, redis::read_info(replies->at(i++), section));
        fields.merge(more);
    }
    return fields;
}

redis::Role role_of(const redis::InfoFields& info) {
    return redis::parse_role(redis::text_of(info, "role"));
}

output::Cell role_word(redis::Role role) {
    return {redis::role_name(role), role == redis::Role::master ? output::Tone::strong : output::Tone::plain};
}

output::Cell bytes_cell(std::optional<int64_t> bytes) {
    return bytes ? output::Cell(human_bytes(static_cast<uint64_t>(*bytes))) : output::Cell();
}

output::Cell seconds_cell(std::optional<int64_t> seconds) {
    if (!seconds) return {};
    const int64_t minutes = *seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0) return fmt::format("{}d{}h", days, hours % 24);
    if (hours > 0) return fmt::format("{}h{}m", hours, minutes % 60);
    if (minutes > 0) return fmt::format("{}m{}s", minutes, *seconds % 60);
    return fmt::format("{}s", *seconds);
}

}  // namespace redisctl
