// For commands that show numbers of INFO: the requests, and the replies as one set of fields.
#pragma once

#include "commands/ask_each.h"
#include "output/table.h"
#include "redis/info_fields.h"

#include <string_view>
#include <vector>

namespace redisctl {

// INFO replication, for the node's role, and INFO of each of the sections: several in one INFO exist only from 7.0 on.
std::vector<redis::Request> info_requests(const std::vector<std::string_view>& sections);

// The fields of all of them: their names are unique. Errors: the node's own, and that of the first section refused.
Result<redis::InfoFields> info_of(const Result<std::vector<redis::Value>>& replies,
                                  const std::vector<std::string_view>& sections);

redis::Role role_of(const redis::InfoFields& info);
output::Cell role_word(redis::Role role);  // "master" stands out

// 1024 → "1.0KiB"; unknown stays empty.
output::Cell bytes_cell(std::optional<int64_t> bytes);
// 3700 → "1h1m"; unknown stays empty.
output::Cell seconds_cell(std::optional<int64_t> seconds);

}  // namespace redisctl
