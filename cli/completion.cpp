#include "cli/completion.h"

#include "cli/flags.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "output/schema.h"
#include "topology/finding_codes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::cli {

std::vector<Completable> completables(const Commands& commands) {
    std::vector<Completable> result;
    for (const Command* command : commands) {
        Spec spec;
        command->bind(spec);
        const bool two_words = command->name.find(' ') != std::string_view::npos;
        Completable item{{one_word(command->name)},
                         std::string(two_words ? command->name.substr(0, command->name.find(' ')) : ""),
                         std::string(two_words ? Family::member_name(*command) : ""),
                         std::string(command->summary),
                         std::move(spec.options),
                         0,
                         std::move(spec.positionals)};
        item.own = item.options.size();
        // Where the first word is a command of its own, the second stands at its first argument's place.
        if (const std::optional<Family> family = find_family(commands, command->name);
            family && !item.positionals.empty())
            for (std::string& word : member_names(*family)) item.positionals.front().choices.push_back(std::move(word));
        for (std::string& name : other_names(*command))
            if (name != item.names.front()) item.names.push_back(std::move(name));
        TypedFlags typed;
        for (const FlagGroup& group : shared_flags(typed, command->uses, command->group))
            item.options.insert(item.options.end(), group.options.begin(), group.options.end());
        result.push_back(std::move(item));
    }
    return result;
}

std::vector<FirstWord> first_words(const Commands& commands) {
    std::vector<FirstWord> words;
    for (const Command* command : commands)
        if (command->name.find(' ') == std::string_view::npos)
            words.push_back({std::string(command->name), std::string(command->summary)});
    for (const Family& family : families(commands))
        if (find_command(commands, family.name) == nullptr)
            words.push_back({family.name, fmt::format("{}", fmt::join(member_names(family), ", "))});
    std::sort(words.begin(), words.end(), [](const FirstWord& a, const FirstWord& b) { return a.name < b.name; });
    return words;
}

std::vector<std::string> member_names(const Family& family) {
    std::vector<std::string> names;
    for (const Command* command : family.members) names.emplace_back(Family::member_name(*command));
    return names;
}

std::vector<std::string> known_words(const Positional& place, const Commands& commands) {
    const std::string& completes = place.completes;
    std::vector<std::string> words = place.choices;
    if (completes == "command") {
        for (const FirstWord& word : first_words(commands)) words.push_back(word.name);
        words.insert(words.end(), topics().begin(), topics().end());
    } else if (completes == "kind") {
        for (std::string_view kind : output::schema_kinds()) words.emplace_back(kind);
    } else if (completes == "finding") {
        for (const topology::FindingCode& code : topology::finding_codes()) words.emplace_back(code.code);
    } else if (completes == "shell") {
        words = {"bash", "zsh", "fish"};
    } else if (completes == "page") {
        words = page_names(commands);
    }
    return words;
}

}  // namespace redisctl::cli
