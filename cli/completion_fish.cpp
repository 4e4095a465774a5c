#include "cli/completion.h"
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::cli {

namespace {

constexpr std::string_view kHead = R"sh(# fish completion of redisctl; written by `redisctl completion fish`.

# What redisctl, the cluster or the servers know about this place. Of --context=pr the value alone is asked for.
function __redisctl_live
    set -l typed (commandline -opc) (commandline -ct)
    redisctl __complete $typed[2..] 2>/dev/null
end

complete -c redisctl -f
)sh";

std::string fish_quoted(std::string_view text) {
    std::string out = "'";
    for (char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + '\'';
}

std::string values_of(const std::vector<std::string>& words, const std::string& completes) {
    if (!words.empty()) return " -a " + fish_quoted(fmt::format("{}", fmt::join(words, " ")));
    if (completes.empty() || completes == "file") return {};
    return " -a '(__redisctl_live)'";
}

std::string line_for(const Option& option, const std::string& condition) {
    std::string out = "complete -c redisctl" + condition;
    for (const std::string& name : flag_names(option))
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!std::holds_alternative<bool*>(option.target))
        out += (option.completes == "file" ? " -r -F" : " -x") + values_of(option.choices, option.completes);
    return out + " -d " + fish_quoted(option.help) + '\n';
}

}  // namespace

std::string fish_completion(const Commands& commands) {
    std::vector<Completable> all = completables(commands);
    std::string out(kHead);
    for (const FirstWord& word : first_words(commands))
        out += fmt::format("complete -c redisctl -n __fish_use_subcommand -a {} -d {}\n", word.name,
                           fish_quoted(word.summary));
    for (const Family& family : families(commands))
        for (const Command* command : family.members)
            out += fmt::format(
                "complete -c redisctl -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' -a "
                "{} "
                "-d {}\n",
                family.name, fmt::join(member_names(family), " "), Family::member_name(*command),
                fish_quoted(command->summary));

    // A flag that several commands take is one line, with all of them in its condition.
    struct Line {
        std::string tail;
        std::vector<std::string> names, pairs;  // pairs: of commands with two words, both seen
    };
    std::vector<Line> lines;
    auto add = [&](const std::string& tail, const Completable& command) {
        auto found = std::find_if(lines.begin(), lines.end(), [&](const Line& line) { return line.tail == tail; });
        if (found == lines.end()) found = lines.insert(lines.end(), {tail, {}, {}});
        found->names.insert(found->names.end(), command.names.begin(), command.names.end());
        if (!command.first_word.empty())
            found->pairs.push_back(
                fmt::format("; or begin; __fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}; end",
                            command.first_word, command.second_word));
    };
    constexpr std::string_view condition = " -n @";
    for (const Completable& command : all) {
        for (const Option& option : command.options) add(line_for(option, std::string(condition)), command);
        for (const Positional& place : command.positionals) {
            std::string values = values_of(known_words(place, commands), place.completes);
            if (!values.empty()) add(fmt::format("complete -c redisctl{}{}\n", condition, values), command);
        }
    }
    for (const auto& [line, names, pairs] : lines) {
        size_t at = line.find('@');
        out +=
            line.substr(0, at) +
            fish_quoted(fmt::format("__fish_seen_subcommand_from {}{}", fmt::join(names, " "), fmt::join(pairs, ""))) +
            line.substr(at + 1);
    }
    return out;
}

}  // namespace redisctl::cli
