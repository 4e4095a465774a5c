// Words as a shell takes them, for lines that are pasted.
#pragma once

#include <string>
#include <vector>

namespace redisctl {

std::string shell_word(const std::string& word);
std::string shell_line(const std::vector<std::string>& words);

}  // namespace redisctl
