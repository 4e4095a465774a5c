// The course of a number in one line of text.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace redisctl::output {

// One block a value, between 0 and the largest of them; a blank for what is not known. "▁▄█ ▂": columns, not bytes.
std::string spark_line(const std::vector<std::optional<double>>& values);

}  // namespace redisctl::output
