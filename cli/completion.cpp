#include "cli/completion.h"

#include "cli/flags.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "output/schema.h"

namespace redisctl::cli {

std::vector<Completable> completables(const Commands& commands) {
    std::vector<Completable> result;
    for (const Command* command : commands) {
        Spec spec;
        command->bind(spec);
        Completable item{{std::string(command->name)},
                         std::string(command->summary),
                         std::move(spec.options),
                         0,
                         std::move(spec.positionals)};
        item.own = item.options.size();
        for (std::string& name : other_names(*command)) item.names.push_back(std::move(name));
        TypedFlags typed;
        for (const FlagGroup& group : shared_flags(typed, command->uses, command->group))
            item.options.insert(item.options.end(), group.options.begin(), group.options.end());
        result.push_back(std::move(item));
    }
    return result;
}

std::vector<std::string> known_words(const std::string& completes, const Commands& commands) {
    std::vector<std::string> words;
    if (completes == "command") {
        for (const Command* command : commands) words.emplace_back(command->name);
        words.insert(words.end(), topics().begin(), topics().end());
    } else if (completes == "kind") {
        for (std::string_view kind : output::schema_kinds()) words.emplace_back(kind);
    } else if (completes == "shell") {
        words = {"bash", "zsh", "fish"};
    } else if (completes == "page") {
        words = page_names(commands);
    }
    return words;
}

}  // namespace redisctl::cli
