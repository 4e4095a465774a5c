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

const Command* find_command(const Commands& commands, std::string_view word) {
    auto named = [&](std::string_view name) -> const Command* {
        auto found = std::find_if(commands.begin(), commands.end(), [&](const Command* command) {
            return command->name == name ||
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
