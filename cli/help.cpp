#include "cli/help.h"

#include "base/text.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::cli {

namespace {

constexpr size_t kLabelLimit = 40;  // labels that are longer get a line of their own

struct Entry {
    std::string label, text;
};

std::string wrapped(std::string_view text, size_t indent, size_t width) {
    std::string out;
    size_t column = indent;
    for (std::string_view word : split(text, ' ')) {
        size_t taken = display_width(word);
        if (column > indent && column + 1 + taken > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += taken;
    }
    return out + '\n';
}

// Labels in one column of at least `label_width`, texts wrapped in the next.
std::string listed(const std::vector<Entry>& entries, size_t width, size_t label_width = 0) {
    for (const Entry& entry : entries)
        if (size_t taken = display_width(entry.label); taken <= kLabelLimit) label_width = std::max(label_width, taken);
    size_t indent = 2 + label_width + 2;
    std::string out;
    for (const Entry& entry : entries) {
        size_t taken = display_width(entry.label);
        out += "  " + entry.label;
        out += taken > label_width ? '\n' + std::string(indent, ' ') : std::string(indent - 2 - taken, ' ');
        out += wrapped(entry.text, indent, width);
    }
    return out;
}

std::string section(std::string_view title, const std::vector<Entry>& entries, size_t width, size_t label_width = 0) {
    return entries.empty() ? std::string() : fmt::format("\n{}:\n{}", title, listed(entries, width, label_width));
}

std::vector<Entry> entries_of(const std::vector<Option>& options) {
    std::vector<Entry> entries;
    for (const Option& option : options) {
        // Short names stand in a column of their own.
        std::string label = option_label(option);
        entries.push_back({label.starts_with("--") ? "    " + label : label, option.help});
    }
    return entries;
}

std::vector<Entry> entries_of(const Family& family) {
    std::vector<Entry> entries;
    for (const Command* command : family.members)
        entries.push_back({std::string(Family::member_name(*command)), std::string(command->summary)});
    return entries;
}

std::string lines(std::string_view title, const std::vector<std::string>& texts) {
    return texts.empty() ? std::string() : fmt::format("\n{}:\n  {}\n", title, fmt::join(texts, "\n  "));
}

std::string exit_codes_help(size_t width) {
    std::vector<Entry> entries;
    for (const ExitMeaning& meaning : exit_meanings())
        entries.push_back({fmt::format("{:>3}  {:<8}", static_cast<int>(meaning.code), meaning.changed),
                           std::string(meaning.meaning)});
    return "Exit codes, and whether anything was changed:\n\n" + listed(entries, width) + "\n" +
           wrapped(
               "When several apply: 9, 8, 6, 2, 3 decide alone; then 1 before 7. Commands that only show exit 0 when "
               "every node answered. Commands that judge exit 1 on any critical finding, and an "
               "unreachable node is one; on warnings only with --fail-on warning.",
               0, width);
}

std::string flags_help(size_t width) {
    TypedFlags typed;
    std::string out = "Flags that every command takes which asks servers; they may stand before or behind its name.\n";
    for (const FlagGroup& group : shared_flags(typed, Uses::target, Group::judge))
        out += section(group.title, entries_of(group.options), width);
    return out;
}

}  // namespace

const std::vector<GroupTitle>& group_titles() {
    static const std::vector<GroupTitle> titles{{Group::look, "Look (exit 0 when every node answered)"},
                                                {Group::judge, "Judge (exit 1 when the answer is bad)"},
                                                {Group::inspect, "Ask (what each node holds and does)"},
                                                {Group::change, "Change (shows a plan, asks, verifies)"},
                                                {Group::tool, "Tools (open nothing)"}};
    return titles;
}

std::string usage_line(const Command& command, const Spec& spec) {
    std::string line = fmt::format("redisctl {} [flags]", command.name);
    for (const Positional& place : spec.positionals) {
        std::string name = place.name + (place.repeatable ? "..." : "");
        line += place.required ? ' ' + name : " [" + name + ']';
    }
    if (spec.rest_is_argv) line += spec.rest_is_optional ? " [-- COMMAND [ARG...]]" : " -- COMMAND [ARG...]";
    return line;
}

std::vector<std::string> other_names(const Command& command) {
    std::vector<std::string> names;
    const bool two_words = command.name.find(' ') != std::string_view::npos;
    if (two_words) names.push_back(one_word(command.name));
    if (command.group != Group::tool) names.push_back(fmt::format("redis-{}", one_word(command.name)));
    names.insert(names.end(), command.aliases.begin(), command.aliases.end());
    return names;
}

std::string option_label(const Option& option) {
    std::string label = fmt::format("{}", fmt::join(flag_names(option), ", "));
    if (option.value.empty()) return label;
    bool few = !option.choices.empty() && option.choices.size() <= 5;
    return label + ' ' + (few ? fmt::format("{}", fmt::join(option.choices, "|")) : option.value);
}

std::string tool_help(const Commands& commands, size_t width) {
    std::string out = wrapped(kTagline, 0, width) + "\nUsage:\n  redisctl COMMAND [flags]\n";
    size_t longest = 0;
    for (const Command* command : commands) longest = std::max(longest, command->name.size());
    for (const GroupTitle& group : group_titles()) {
        std::vector<Entry> entries;
        for (const Command* command : commands)
            if (command->group == group.group)
                entries.push_back({std::string(command->name), std::string(command->summary)});
        out += section(group.title, entries, width, longest);
    }
    out += section("Flags used most",
                   {{"-n, --namespace NAMESPACE", "Namespace to look in; the current context's by default"},
                    {"-A, --all-namespaces", "Look in all namespaces"},
                    {"    --host HOST[:PORT]", "A Redis without Kubernetes; may be repeated"},
                    {"-o, --output FORMAT", "table, wide, json, yaml or name"},
                    {"-h, --help", "Help for a command: redisctl status --help"},
                    {"    --version", "Show the version of redisctl"}},
                   width);
    out += lines("Examples", {"redisctl status", "redisctl replication-info -A --json",
                              "redisctl replica-lag --host db1:6379 --max-bytes 1MiB"});
    out += section("More",
                   {{"redisctl help flags", "all flags that commands share"},
                    {"redisctl help exit-codes", "what each exit code means"},
                    {"redisctl COMMAND --help", "what a command does and takes"}},
                   width);
    return out;
}

std::string command_help(const Command& command, const Commands& commands, size_t width) {
    Spec spec;
    command.bind(spec);
    std::string out = wrapped(std::string(command.summary) + '.', 0, width);
    out += "\nUsage:\n  " + usage_line(command, spec) + '\n';
    const std::optional<Family> family = find_family(commands, command.name);
    if (family) out += fmt::format("  redisctl {} COMMAND [flags]\n", family->name);
    if (auto names = other_names(command); !names.empty())
        out += fmt::format("\nOther names: {}\n", fmt::join(names, ", "));
    out += lines("Examples", spec.examples);
    std::vector<Entry> arguments;
    for (const Positional& place : spec.positionals) arguments.push_back({place.name, place.help});
    out += section("Arguments", arguments, width);
    if (family) out += section("Commands", entries_of(*family), width);
    out += section("Flags of this command", entries_of(spec.options), width);
    TypedFlags typed;
    for (const FlagGroup& group : shared_flags(typed, command.uses, command.group))
        out += section(group.title, entries_of(group.options), width);
    return out;
}

std::string family_help(const Family& family, size_t width) {
    std::string out = fmt::format("Usage:\n  redisctl {} COMMAND [flags]\n", family.name);
    out += section("Commands", entries_of(family), width);
    return out +
           section("More", {{fmt::format("redisctl {} COMMAND --help", family.name), "what it does and takes"}}, width);
}

std::string topic_help(std::string_view topic, size_t width) {
    if (topic == "exit-codes") return exit_codes_help(width);
    if (topic == "flags") return flags_help(width);
    return {};
}

const std::vector<std::string>& topics() {
    static const std::vector<std::string> names{"exit-codes", "flags"};
    return names;
}

size_t help_width(size_t columns) {
    return columns == 0 ? 100 : std::clamp<size_t>(columns, 60, 100);
}

}  // namespace redisctl::cli
