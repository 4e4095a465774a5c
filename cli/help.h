// Help texts, made from the table of commands.
#pragma once

#include "cli/registry.h"
#include "commands/command.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::cli {

inline constexpr std::string_view kTagline =
    "See and change Redis and Valkey master/replica systems on Kubernetes and plain hosts.";

struct GroupTitle {
    Group group;
    std::string_view title;
};
// In the order in which they are shown.
const std::vector<GroupTitle>& group_titles();

// "redisctl role [flags] [NODE…]"
std::string usage_line(const Command& command, const Spec& spec);
// The other names that the command answers to, the make target's first.
std::vector<std::string> other_names(const Command& command);
// "-n, --namespace NAMESPACE"; choices take the place of the value's name where they are few.
std::string option_label(const Option& option);

// Lines are at most `width` columns, as far as words allow.
std::string tool_help(const Commands& commands, size_t width);
std::string command_help(const Command& command, const Commands& commands, size_t width);
// Of the first word of commands of two words.
std::string family_help(const Family& family, size_t width);
// Topics of `redisctl help`: "exit-codes", "flags"; empty for any other.
std::string topic_help(std::string_view topic, size_t width);
const std::vector<std::string>& topics();

// The width to use on a terminal of so many columns; 0 when it is none.
size_t help_width(size_t columns);

}  // namespace redisctl::cli
