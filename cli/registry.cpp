#include "cli/registry.h"

#include <algorithm>

namespace redisctl {

#define COMMAND(name) extern const Command name##_command;
#include "commands/commands.def"
#undef COMMAND

namespace cli {

const Commands& all_commands() {
    static const Commands commands{
#define COMMAND(name) &name##_command,
#include "commands/commands.def"
#undef COMMAND
    };
    return commands;
}

std::string one_word(std::string_view name) {
    std::string word(name);
    std::replace(word.begin(), word.end(), ' ', '-');
    return word;
}

std::string_view Family::member_name(const Command& command) {
    return command.name.substr(command.name.find(' ') + 1);
}

std::vector<Family> families(const Commands& commands) {
    std::vector<Family> result;
    for (const Command* command : commands) {
        const size_t blank = command->name.find(' ');
        if (blank == std::string_view::npos) continue;
        const std::string_view name = command->name.substr(0, blank);
        if (result.empty() || result.back().name != name) result.push_back({std::string(name), {}});
        result.back().members.push_back(command);
    }
    return result;
}

std::optional<Family> find_family(const Commands& commands, std::string_view name) {
    for (Family& family : families(commands))
        if (family.name == name) return std::move(family);
    return std::nullopt;
}

const Command* find_command(const Commands& commands, std::string_view word) {
    auto named = [&](std::string_view name) -> const Command* {
        auto found = std::find_if(commands.begin(), commands.end(), [&](const Command* command) {
            return command->name == name || one_word(command->name) == name ||
                   std::find(command->aliases.begin(), command->aliases.end(), name) != command->aliases.end();
        });
        return found == commands.end() ? nullptr : *found;
    };
    const Command* command = named(word);
    constexpr std::string_view make_target = "redis-";
    return !command && word.starts_with(make_target) ? named(word.substr(make_target.size())) : command;
}

}  // namespace cli
}  // namespace redisctl
