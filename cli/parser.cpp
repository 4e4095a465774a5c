#include "cli/parser.h"

#include "base/text.h"
#include "cli/words.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::cli {

namespace {

std::string help_hint(const Command* command) {
    return command ? fmt::format("redisctl {} --help", command->name) : std::string("redisctl --help");
}

tl::unexpected<Error> misuse(std::string message, std::string hint) {
    return fail(ErrorCode::usage, std::move(message), {}, std::move(hint));
}

std::string did_you_mean(const std::optional<std::string>& word) {
    return word ? fmt::format("; did you mean '{}'?", *word) : std::string();
}

tl::unexpected<Error> unknown_command(const std::string& word, const Commands& commands) {
    std::vector<std::string> names;
    for (const Command* command : commands) {
        names.emplace_back(command->name);
        names.insert(names.end(), command->aliases.begin(), command->aliases.end());
    }
    auto meant = nearest(word.starts_with("redis-") ? word.substr(6) : word, names);
    return misuse(fmt::format("there is no command '{}'{}", printable(word), did_you_mean(meant)),
                  meant ? fmt::format("redisctl {}", *meant) : help_hint(nullptr));
}

// Without a command: one of the flags that may stand before its name was looked for.
tl::unexpected<Error> unknown_flag(const std::string& name, const KnownFlags& known, const Command* command) {
    auto meant = name.starts_with("--") ? nearest(std::string_view(name).substr(2), known.long_names()) : std::nullopt;
    if (meant) meant->insert(0, "--");
    std::string what = command ? fmt::format("{} takes no flag '{}'", command->name, printable(name))
                               : fmt::format("'{}' is no flag that may stand before the command", printable(name));
    return misuse(what + did_you_mean(meant), help_hint(command));
}

void declare(CLI::App& app, const Option& option) {
    // The values arrive as they were typed; CLI11's own conversions would read "{}" and "[1,2]" as lists.
    if (auto* flag = std::get_if<bool*>(&option.target)) {
        app.add_flag(option.names, **flag)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    } else if (auto* text = std::get_if<std::string*>(&option.target)) {
        app.add_option(option.names,
                       [target = *text](const CLI::results_t& values) {
                           *target = values.back();
                           return true;
                       })
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
            ->allow_extra_args(false);
    } else {
        app.add_option(option.names,
                       [target = std::get<std::vector<std::string>*>(option.target)](const CLI::results_t& values) {
                           *target = values;
                           return true;
                       })
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
            ->allow_extra_args(false);
    }
}

Result<void> check_choices(const Option& option) {
    auto* text = std::get_if<std::string*>(&option.target);
    if (!text || option.choices.empty() || (*text)->empty()) return {};
    if (std::find(option.choices.begin(), option.choices.end(), **text) != option.choices.end()) return {};
    auto meant = nearest(**text, option.choices);
    std::string flag = flag_names(option).back();
    return fail(ErrorCode::usage, fmt::format("{} does not take '{}'", flag, printable(**text)),
                fmt::format("it takes {}", fmt::join(option.choices, ", ")),
                meant ? fmt::format("{} {}", flag, *meant) : std::string());
}

// What a command takes at this place: its choices, and where it has a family the second words of that.
Result<void> check_argument(const std::string& word, const Positional& place, const Command& command,
                            const Commands& commands) {
    if (place.choices.empty() || std::find(place.choices.begin(), place.choices.end(), word) != place.choices.end())
        return {};
    std::vector<std::string> words = place.choices;
    if (const std::optional<Family> family = find_family(commands, command.name))
        for (const Command* member : family->members) words.emplace_back(Family::member_name(*member));
    auto meant = nearest(word, words);
    return fail(ErrorCode::usage,
                fmt::format("{} does not take '{}'{}", command.name, printable(word), did_you_mean(meant)),
                fmt::format("it takes {}", fmt::join(words, ", ")),
                meant ? fmt::format("redisctl {} {}", command.name, *meant) : std::string());
}

Result<void> place_arguments(std::vector<std::string> arguments, const std::vector<Positional>& places,
                             const Command& command, const Commands& commands) {
    size_t next = 0;
    for (const Positional& place : places) {
        if (place.required && next >= arguments.size())
            return fail(ErrorCode::usage, fmt::format("{} is missing", place.name), place.help);
        while (next < arguments.size()) {
            TRY(check_argument(arguments[next], place, command, commands));
            place.target->push_back(std::move(arguments[next++]));
            if (!place.repeatable) break;
        }
    }
    if (next < arguments.size())
        return fail(ErrorCode::usage, fmt::format("'{}' is one argument too many", printable(arguments[next])));
    return {};
}

// The flags' values go to their targets.
Result<void> fill_flags(const std::vector<Word>& words, const std::vector<Option>& options, const KnownFlags& known,
                        const Command& command) {
    std::vector<std::string> args;
    for (const Word& word : words) {
        if (word.kind != Word::Kind::flag) continue;
        if (!known.has(word.name)) return unknown_flag(word.name, known, &command);
        args.push_back(word.name);
        if (word.value) args.push_back(*word.value);
    }
    std::reverse(args.begin(), args.end());  // CLI11 takes them from the back
    try {
        CLI::App app;
        app.set_help_flag();
        for (const Option& option : options) declare(app, option);
        app.parse(std::move(args));
    } catch (const CLI::ParseError& error) {
        return misuse(error.what(), help_hint(&command));
    }
    for (const Option& option : options) TRY(check_choices(option));
    return {};
}

// Binds the command and fills everything it declared. Gives what is left to check of the shared flags.
Result<TypedFlags> fill(Invocation& invocation, std::span<const char* const> args, const Commands& commands) {
    const Command& command = *invocation.command;
    Spec& spec = invocation.spec;
    TypedFlags typed;
    command.bind(spec);
    std::vector<Option> options = spec.options;
    KnownFlags known, target;
    for (const FlagGroup& group : shared_flags(typed, command.uses, command.group)) {
        options.insert(options.end(), group.options.begin(), group.options.end());
        if (group.title != kOutputFlags) target.add(group.options);
    }
    known.add(options);

    TRY_ASSIGN(Words words, tell_apart(args, known, Until::end));
    TRY(fill_flags(words.words, options, known, command));
    if (typed.help) return typed;
    for (const Word& word : words.words) {
        if (word.kind != Word::Kind::flag || !target.has(word.name)) continue;
        typed.words.push_back(word.name);
        if (word.value) typed.words.push_back(*word.value);
    }
    std::vector<std::string> arguments;
    for (Word& word : words.words)
        if (word.kind == Word::Kind::argument) arguments.push_back(std::move(word.name));
    std::vector<std::string>& rest = spec.rest ? *spec.rest : arguments;
    rest.insert(rest.end(), words.rest.begin(), words.rest.end());
    TRY(place_arguments(std::move(arguments), spec.positionals, command, commands));
    return typed;
}

Result<Invocation> parse_command(const Command& command, std::span<const char* const> args, const Commands& commands) {
    Invocation invocation;
    invocation.command = &command;
    TRY_ASSIGN(const TypedFlags typed, fill(invocation, args, commands));
    if (typed.help) {
        invocation.asked = Asked::help;
        return invocation;
    }
    TRY_ASSIGN(invocation.flags, check(typed));
    return invocation;
}

Result<Invocation> parse_named(const Command& command, std::span<const char* const> args, const Commands& commands) {
    auto parsed = parse_command(command, args, commands);
    if (!parsed && parsed.error().hint.empty()) parsed.error().hint = help_hint(&command);
    return parsed;
}

// Behind the first word of a family, which stood at `at`: its second word, perhaps behind flags. Without one it is the
// command of the first word alone; where there is none (`bare` is nullptr), help is asked for.
Result<Invocation> parse_member(const Command* bare, Family family, std::vector<const char*> args, size_t at,
                                KnownFlags known, const Commands& commands) {
    for (const Command* member : family.members) {
        Spec spec;
        member->bind(spec);
        known.add(spec.options);
    }
    // What is wrong with the flags is told when they are read with the command.
    const auto behind = tell_apart(std::span(args).subspan(at), known, Until::first_argument);
    if (!behind && !bare) return fail(behind.error());
    const bool second = behind && !behind->words.empty() && behind->words.back().kind == Word::Kind::argument;
    if (second) {
        const std::string name = family.name + ' ' + behind->words.back().name;
        if (const Command* command = find_command(commands, name)) {
            args.erase(args.begin() + static_cast<std::ptrdiff_t>(at + behind->taken) - 1);
            return parse_named(*command, args, commands);
        }
        if (!bare) return unknown_command(name, commands);
    }
    if (bare) return parse_named(*bare, args, commands);
    Invocation invocation;
    invocation.asked = Asked::help;
    invocation.family = std::move(family);
    return invocation;
}

}  // namespace

Result<Invocation> parse(std::span<const char* const> args, const Commands& commands) {
    TypedFlags unused;
    KnownFlags shared;
    for (const FlagGroup& group : shared_flags(unused, Uses::target, Group::judge)) shared.add(group.options);

    auto before = tell_apart(args, shared, Until::first_argument);
    if (!before) return fail(std::move(before).error().with_hint(help_hint(nullptr)));
    Invocation invocation;
    invocation.asked = Asked::help;
    for (const Word& word : before->words) {
        if (word.kind == Word::Kind::argument) {
            std::vector<const char*> others(args.begin(), args.end());
            const auto place = others.begin() + static_cast<std::ptrdiff_t>(before->taken) - 1;
            others.erase(place);
            const Command* command = find_command(commands, word.name);
            if (auto family = find_family(commands, command ? command->name : word.name))
                return parse_member(command, std::move(*family), std::move(others), before->taken - 1, shared,
                                    commands);
            if (!command) return unknown_command(word.name, commands);
            return parse_named(*command, others, commands);
        }
        if (word.name == "--version") {
            invocation.asked = Asked::version;
            return invocation;
        }
        if (!shared.has(word.name)) return unknown_flag(word.name, shared, nullptr);
    }
    bool help = args.empty() || std::any_of(before->words.begin(), before->words.end(), [](const Word& word) {
                    return word.name == "-h" || word.name == "--help";
                });
    if (!help) return misuse("no command is named", help_hint(nullptr));
    return invocation;
}

}  // namespace redisctl::cli
