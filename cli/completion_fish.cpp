#include "cli/completion.h"
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::cli {

namespace {

constexpr std::string_view kHead = R"sh(# fish completion of redisctl; written by `redisctl completion fish`.

# The flags typed so far that say where to look.
function __redisctl_target
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -A --all-namespaces
                echo -- -A
            case -n --namespace -l --selector --context --kubeconfig --host --sentinel --master-name
                set -l next (math $i + 1)
                if test $next -le (count $words)
                    echo -- $words[$i]
                    echo -- $words[$next]
                end
            case '--namespace=*' '--selector=*' '--context=*' '--kubeconfig=*' '--host=*' '--sentinel=*' '--master-name=*'
                echo -- $words[$i]
        end
    end
end

function __redisctl_node
    redisctl pods -o name --timeout 2s (__redisctl_target) 2>/dev/null
end

function __redisctl_instance
    redisctl status -o name --timeout 2s (__redisctl_target) 2>/dev/null | string replace -r '.*/' ''
end

function __redisctl_context
    kubectl config get-contexts -o name 2>/dev/null
end

function __redisctl_namespace
    kubectl get namespaces -o name --request-timeout 2s 2>/dev/null | string replace -r '.*/' ''
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
    return fmt::format(" -a '(__redisctl_{})'", completes);
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
