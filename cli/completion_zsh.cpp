#include "cli/completion.h"
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace redisctl::cli {

namespace {

constexpr std::string_view kHead = R"sh(#compdef redisctl
# zsh completion of redisctl; written by `redisctl completion zsh`.

# What redisctl, the cluster or the servers know about this place.
_redisctl_live() {
    local -a found
    found=(${(f)"$(redisctl __complete "${(@Q)redisctl_words}" 2>/dev/null)"})
    compadd "$@" -a found
}

_redisctl() {
    local curcontext="$curcontext" state line
    local -a commands redisctl_words
    local -A opt_args
    redisctl_words=("${(@)words[2,CURRENT]}")
)sh";

// Inside '…' and inside the brackets and colons of a specification.
std::string zsh_quoted(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '\'') {
            out += "'\\''";
            continue;
        }
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string action_for(const std::vector<std::string>& words, const std::string& completes) {
    if (!words.empty()) return fmt::format("({})", fmt::join(words, " "));
    if (completes == "file") return "_files";
    return completes.empty() ? " " : "_redisctl_live";
}

std::string specification(const Option& option) {
    std::vector<std::string> names = flag_names(option);
    bool flag = std::holds_alternative<bool*>(option.target),
         repeatable = std::holds_alternative<std::vector<std::string>*>(option.target);
    std::string tail = fmt::format("[{}]", zsh_quoted(option.help));
    if (!flag) tail += fmt::format(":{}:{}", zsh_quoted(option.value), action_for(option.choices, option.completes));
    std::string star = repeatable ? "*" : "";
    if (names.size() == 1) return fmt::format("'{}{}{}{}'", star, names[0], flag ? "" : "=", tail);
    std::string others = repeatable ? star : fmt::format("({})", fmt::join(names, " "));
    return fmt::format("'{}'{{{},{}{}}}'{}'", others, names[0], names[1], flag ? "" : "=", tail);
}

std::string specifications(const std::vector<Option>& options, std::string_view indent) {
    std::string out;
    for (const Option& option : options) out += fmt::format(" \\\n{}{}", indent, specification(option));
    return out;
}

}  // namespace

std::string zsh_completion(const Commands& commands) {
    std::vector<Completable> all = completables(commands);
    std::string out(kHead);
    out += "    commands=(\n";
    for (const FirstWord& word : first_words(commands))
        out += fmt::format("        '{}:{}'\n", word.name, zsh_quoted(word.summary));
    // Flags before the command's name are those of the command that takes the most of them.
    const Completable* fullest = &all.front();
    for (const Completable& command : all)
        if (command.positionals.empty() && command.options.size() > fullest->options.size()) fullest = &command;
    // -A: what stands behind the command's name is that command's, and stays among its words.
    out += "    )\n    _arguments -C -A '-*'" + specifications(fullest->options, "        ");
    out += " \\\n        '1:command:->command' '*::argument:->argument' && return\n";
    out +=
        "    case $state in\n        (command) _describe -t commands 'redisctl command' commands ;;\n        "
        "(argument)\n";
    // A command of two words becomes one; what its first word alone takes is completed like any command's arguments.
    for (const Family& family : families(commands)) {
        const std::string names = fmt::format("{}", fmt::join(member_names(family), " "));
        out += fmt::format("            if [[ $words[1] == {} ]]; then\n", family.name);
        if (find_command(commands, family.name) == nullptr)
            out += fmt::format("                (( CURRENT == 2 )) && {{ compadd {}; return }}\n", names);
        out += fmt::format(
            "                if (( CURRENT > 2 )) && [[ $words[2] == ({}) ]]; then\n"
            "                    words[1,2]=(\"{}-$words[2]\"); (( CURRENT-- ))\n                fi\n            fi\n",
            fmt::join(member_names(family), "|"), family.name);
    }
    out += "            case $words[1] in\n";
    for (const Completable& command : all) {
        out += fmt::format("                ({})\n                    _arguments", fmt::join(command.names, "|")) +
               specifications(command.options, "                        ");
        for (const Positional& place : command.positionals)
            out += fmt::format(" \\\n                        '{}:{}:{}'", place.repeatable ? "*" : "", place.name,
                               action_for(known_words(place, commands), place.completes));
        out += "\n                    ;;\n";
    }
    out +=
        "            esac\n            ;;\n    esac\n}\n\nif [ \"$funcstack[1]\" = _redisctl ]; then _redisctl \"$@\"; "
        "else compdef _redisctl redisctl; fi\n";
    return out;
}

}  // namespace redisctl::cli
