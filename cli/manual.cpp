#include "cli/manual.h"

#include "base/text.h"
#include "base/unicode.h"
#include "base/version.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace redisctl::cli {

namespace {

// Text that roff prints as it stands; a dash stays the one that can be pasted.
std::string roff(std::string_view text) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const CodePoint point = decode_utf8(text, at);
        if (point.value == '\\')
            out += "\\e";
        else if (point.value == '-')
            out += "\\-";
        else if (point.value < 0x80)
            out += text[at];
        else
            out += fmt::format("\\[u{:04X}]", static_cast<unsigned>(point.value));
        at += point.length;
    }
    if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
    return out;
}

std::string head(std::string_view name, int chapter, std::string_view what) {
    std::string title;
    for (char c : name) title += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return fmt::format(".TH {} {} \"\" \"redisctl {}\" \"redisctl manual\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n",
                       roff(title), chapter, kVersion, roff(name), roff(what));
}

std::string tagged(std::string_view label, std::string_view text) {
    return fmt::format(".TP\n.B {}\n{}\n", roff(label), roff(text));
}

std::string options_of(const std::vector<Option>& options) {
    std::string out;
    for (const Option& option : options) {
        std::string help = option.help + '.';
        if (option.choices.size() > 5) help += fmt::format(" One of {}.", fmt::join(option.choices, ", "));
        out += tagged(option_label(option), help);
    }
    return out;
}

std::string examples_of(const std::vector<std::string>& examples) {
    if (examples.empty()) return {};
    std::string out = ".SH EXAMPLES\n.nf\n";
    for (const std::string& example : examples) out += roff(example) + '\n';
    return out + ".fi\n";
}

std::string see_also(const std::vector<std::string>& pages) {
    std::string out = ".SH SEE ALSO\n";
    for (size_t i = 0; i < pages.size(); ++i) {
        size_t dot = pages[i].rfind('.');
        out += fmt::format(".BR {} ({}){}\n", roff(pages[i].substr(0, dot)), pages[i].substr(dot + 1),
                           i + 1 < pages.size() ? "," : "");
    }
    return out;
}

std::string file_of(const Command& command) {
    return fmt::format("redisctl-{}.1", one_word(command.name));
}

std::string lower_first(std::string_view text) {
    return lower(text.substr(0, 1)) + std::string(text.substr(1));
}

std::string tool_page(const Commands& commands) {
    std::string out = head("redisctl", 1, "see and change Redis and Valkey master/replica systems");
    out += ".SH SYNOPSIS\n.B redisctl\n.I COMMAND\n[flags]\n.SH DESCRIPTION\n" + roff(kTagline) +
           "\nWithout flags a command takes every instance in the namespace of the kubeconfig's current context.\n"
           "With \\-\\-host or \\-\\-sentinel it needs no Kubernetes.\n"
           "What could not be found out is shown as unknown, and the exit code says so.\n";
    for (const GroupTitle& group : group_titles()) {
        std::string entries;
        for (const Command* command : commands)
            if (command->group == group.group) entries += tagged(command->name, std::string(command->summary) + '.');
        if (!entries.empty()) out += fmt::format(".SH \"{}\"\n", roff(group.title)) + entries;
    }
    TypedFlags typed;
    for (const FlagGroup& group : shared_flags(typed, Uses::target, Group::judge))
        out += fmt::format(".SH \"{}\"\n", roff(group.title)) + options_of(group.options);
    out += ".SH ENVIRONMENT\n" + tagged("KUBECONFIG", "Kubeconfigs to read, separated by colons.") +
           tagged("REDISCLI_AUTH",
                  "Redis' password where no flag and no Secret gives one; used only with --host or --sentinel, or when "
                  "exactly one instance is selected.") +
           tagged("REDISCTL_READ_ONLY",
                  "When it is set, and not to 0: nothing is changed; dry runs and looks stay as they are. --read-only says the "
                  "same for one run.") +
           tagged("NO_COLOR", "When it is set and not empty: no colours, save with --color always.");
    std::vector<std::string> pages;
    for (const Command* command : commands) pages.push_back(file_of(*command));
    pages.emplace_back("redisctl-exit-codes.7");
    return out + see_also(pages);
}

std::string command_page(const Command& command) {
    Spec spec;
    command.bind(spec);
    std::string out = head(fmt::format("redisctl-{}", one_word(command.name)), 1, lower_first(command.summary));
    out +=
        ".SH SYNOPSIS\n.B " + roff(usage_line(command, spec)) + "\n.SH DESCRIPTION\n" + roff(command.summary) + ".\n";
    if (auto names = other_names(command); !names.empty())
        out += fmt::format(".PP\nOther names: {}.\n", roff(fmt::format("{}", fmt::join(names, ", "))));
    if (!spec.positionals.empty()) out += ".SH ARGUMENTS\n";
    for (const Positional& place : spec.positionals) out += tagged(place.name, place.help + '.');
    if (!spec.options.empty()) out += ".SH OPTIONS\n" + options_of(spec.options);
    if (command.uses == Uses::target)
        out +=
            ".SH \"SHARED OPTIONS\"\nThe flags of\n.BR redisctl (1)\nthat name the target, the way to it, passwords "
            "and the format of the answer.\n";
    if (command.uses == Uses::answer)
        out += ".SH \"SHARED OPTIONS\"\nThe flags of\n.BR redisctl (1)\nthat name the format of the answer.\n";
    out += examples_of(spec.examples);
    return out + see_also({"redisctl.1", "redisctl-exit-codes.7"});
}

std::string exit_codes_page() {
    std::string out = head("redisctl-exit-codes", 7, "what the exit codes of redisctl mean");
    out += ".SH DESCRIPTION\nScripts may rely on these; they change only by adding.\n";
    for (const ExitMeaning& meaning : exit_meanings()) {
        std::string text(meaning.meaning);
        if (!meaning.changed.empty()) text += fmt::format(". Anything changed: {}", meaning.changed);
        out += tagged(std::to_string(static_cast<int>(meaning.code)), text + '.');
    }
    out +=
        ".PP\nWhen several apply: 9, 8, 6, 2, 3 decide alone; then 1 before 7.\n"
        "Commands that only show exit 0 when every node answered.\n"
        "Commands that judge exit 1 on any critical finding, and an unreachable node is one; on warnings only with "
        "\\-\\-fail\\-on warning.\n";
    return out + see_also({"redisctl.1"});
}

}  // namespace

std::vector<std::string> page_names(const Commands& commands) {
    std::vector<std::string> names{"redisctl.1"};
    for (const Command* command : commands) names.push_back(file_of(*command));
    names.emplace_back("redisctl-exit-codes.7");
    return names;
}

std::string page(const Commands& commands, std::string_view name) {
    if (name == "redisctl.1") return tool_page(commands);
    if (name == "redisctl-exit-codes.7") return exit_codes_page();
    for (const Command* command : commands)
        if (file_of(*command) == name) return command_page(*command);
    return {};
}

}  // namespace redisctl::cli
