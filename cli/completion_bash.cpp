#include "cli/completion.h"
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace redisctl::cli {

namespace {

// COMP_WORDS is split at '=' and ':' too: "--via=di" comes as three words, and so does "db1:6379". What is offered
// takes the place of the last piece only.
constexpr std::string_view kHead = R"sh(# bash completion of redisctl; written by `redisctl completion bash`.

# The words as they were typed, up to the one that is being typed.
_redisctl_join() {
    local line=$COMP_LINE i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i > 0)) && [[ -z $line || -n ${COMP_WORDS[i]} && $line == "${COMP_WORDS[i]}"* ]]; then
            typed[-1]+=${COMP_WORDS[i]}
        else
            typed+=("${COMP_WORDS[i]}")
        fi
        line=${line#*"${COMP_WORDS[i]}"}
    done
}

# The lines that begin with what is typed. compgen -W would run what a name holds: $(...).
_redisctl_words() {
    local word
    while IFS= read -r word; do
        [[ -n $word && $word == "$cur"* ]] || continue
        printf -v word %q "$word"
        COMPREPLY+=("${word#"${cur%"$piece"}"}")
    done <<<"$1"
}

_redisctl_live() {
    _redisctl_words "$(redisctl __complete "${typed[@]:1}" 2>/dev/null)"
}

_redisctl_file() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_redisctl() {
    local typed=() command= i
    _redisctl_join
    local cur=${typed[-1]} before=${typed[-2]} piece=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    [[ $piece == [:=] ]] && piece=
    if [[ $cur == --*=* ]]; then before=${cur%%=*} cur=${cur#*=}; fi
    for ((i = 1; i < ${#typed[@]} - 1; i++)); do
        case ${typed[i]} in
)sh";

std::string in_case(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, " | "));
}

bool takes_value(const Option& option) {
    return !std::holds_alternative<bool*>(option.target);
}

std::string word_list(const std::vector<std::string>& words) {
    return fmt::format("$'{}'", fmt::join(words, "\\n"));
}

// The long names of the options from `first` on.
std::string long_flags(const std::vector<Option>& options, size_t first) {
    std::vector<std::string> flags;
    for (size_t i = first; i < options.size(); ++i)
        for (std::string& name : flag_names(options[i]))
            if (name.starts_with("--")) flags.push_back(std::move(name));
    return word_list(flags);
}

std::string action_for(const std::vector<std::string>& words, const std::string& completes) {
    if (!words.empty()) return "_redisctl_words " + word_list(words);
    if (completes == "file") return "_redisctl_file";
    return completes.empty() ? ":" : "_redisctl_live";
}

}  // namespace

std::string bash_completion(const Commands& commands) {
    std::vector<Completable> all = completables(commands);
    std::vector<std::string> names, valued, pairs;
    for (const FirstWord& word : first_words(commands)) names.push_back(word.name);
    for (const Completable& command : all)
        if (!command.first_word.empty()) pairs.push_back(command.first_word + ':' + command.second_word);
    std::map<std::string, std::string> values;  // what completes a flag's value, by the case of the flag's names
    for (const Completable& command : all) {
        for (const Option& option : command.options) {
            if (!takes_value(option)) continue;
            if (values.emplace(in_case(flag_names(option)), action_for(option.choices, option.completes)).second)
                for (const std::string& name : flag_names(option)) valued.push_back(name);
        }
    }
    std::string out(kHead);
    out += fmt::format(
        "            {}) ((i++)) ;;\n            -*) ;;\n            *)\n"
        "                [[ -z $command ]] && {{ command=${{typed[i]}}; continue; }}\n"
        "                case $command:${{typed[i]}} in {}) command=$command-${{typed[i]}} ;; esac\n"
        "                break\n                ;;\n        esac\n    done\n",
        in_case(valued), in_case(pairs));
    out += "    case $before in\n";
    for (const auto& [flags, action] : values) out += fmt::format("        {}) {}; return ;;\n", flags, action);
    out += "    esac\n";

    // Most commands share most of their flags.
    std::map<std::string, std::string> shared;
    for (const Completable& command : all) {
        std::string words = long_flags(command.options, command.own);
        auto [place, added] = shared.emplace(words, fmt::format("flags{}", shared.size() + 1));
        if (added) out += fmt::format("    local {}={}\n", place->second, words);
    }
    out +=
        fmt::format("    case $command in\n        '') [[ $cur == -* ]] || _redisctl_words {} ;;\n", word_list(names));
    for (const Completable& command : all) {
        std::string own = command.own > 0
                              ? long_flags({command.options.begin(),
                                            command.options.begin() + static_cast<std::ptrdiff_t>(command.own)},
                                           0) +
                                    "$'\\n'"
                              : std::string();
        std::string argument = ":";
        if (!command.positionals.empty())
            argument =
                action_for(known_words(command.positionals.back(), commands), command.positionals.back().completes);
        out += fmt::format(
            "        {})\n            if [[ $cur == -* ]]; then _redisctl_words {}\"${}\"; else {}; fi\n            "
            ";;\n",
            in_case(command.names), own, shared.at(long_flags(command.options, command.own)), argument);
    }
    for (const Family& family : families(commands))
        if (find_command(commands, family.name) == nullptr)
            out += fmt::format("        {})\n            [[ $cur == -* ]] || _redisctl_words {}\n            ;;\n",
                               family.name, word_list(member_names(family)));
    out += "    esac\n}\n\ncomplete -F _redisctl redisctl\n";
    return out;
}

}  // namespace redisctl::cli
