// The table of commands.
#pragma once

#include "commands/command.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::cli {

using Commands = std::vector<const Command*>;

// All of them, sorted by name.
const Commands& all_commands();

// By its name, by one of its aliases, or by either with "redis-" before it, as the make targets were called; nullptr
// when there is none. A name of two words may also be written as one: "haproxy-check".
const Command* find_command(const Commands& commands, std::string_view word);

// The name as one word, for files and for what takes no blanks: "haproxy check" → "haproxy-check".
std::string one_word(std::string_view name);

// Commands of two words that share the first: "haproxy" has "check" and "generate". The first word alone may be a
// command too: "sentinel".
struct Family {
    std::string name;
    std::vector<const Command*> members;
    static std::string_view member_name(const Command& command);  // "check"
};
// Sorted by name.
std::vector<Family> families(const Commands& commands);
std::optional<Family> find_family(const Commands& commands, std::string_view name);

}  // namespace redisctl::cli
