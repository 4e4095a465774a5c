#include "base/text.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/parser.h"
#include "cli/registry.h"
#include "cli/words.h"
#include "output/schema.h"
#include "topology/finding_codes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace redisctl;
using namespace redisctl::cli;

namespace {

// As a shell splits the examples: at blanks, quotes kept together.
std::vector<std::string> shell_words(const std::string& line) {
    std::vector<std::string> words{""};
    char quote = 0;
    for (char c : line) {
        if (quote == 0 && c == ' ')
            words.emplace_back();
        else if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
        else
            words.back() += c;
    }
    return words;
}

}  // namespace

TEST_CASE("commands are sorted, and no two answer to the same word") {
    const Commands& commands = all_commands();
    CHECK(std::is_sorted(commands.begin(), commands.end(),
                         [](const Command* a, const Command* b) { return a->name < b->name; }));
    std::set<std::string> words;
    for (const Command* command : commands) {
        CHECK(words.insert(std::string(command->name)).second);
        for (const std::string& name : other_names(*command)) {
            CAPTURE(name);
            CHECK(words.insert(name).second);
            CHECK(find_command(commands, name) == command);
        }
    }
}

TEST_CASE("every command says what it does, begins with a capital and ends without a dot") {
    for (const Command* command : all_commands()) {
        CAPTURE(command->name);
        std::string_view summary = command->summary;
        REQUIRE(!summary.empty());
        CHECK((summary[0] >= 'A' && summary[0] <= 'Z'));
        CHECK(summary.back() != '.');
        Spec spec;
        command->bind(spec);
        CHECK(spec.run);
        CHECK(!spec.examples.empty());
        for (const Option& option : spec.options) {
            CAPTURE(option.names);
            CHECK(!option.help.empty());
            CHECK((option.help[0] >= 'A' && option.help[0] <= 'Z'));
            CHECK(option.help.back() != '.');
            CHECK(std::holds_alternative<bool*>(option.target) == option.value.empty());
        }
        for (size_t i = 0; i < spec.positionals.size(); ++i)
            if (spec.positionals[i].repeatable) CHECK(i + 1 == spec.positionals.size());
    }
}

TEST_CASE("no flag of a command has the name of one that it shares") {
    for (const Command* command : all_commands()) {
        CAPTURE(command->name);
        Spec spec;
        command->bind(spec);
        TypedFlags typed;
        KnownFlags shared;
        for (const FlagGroup& group : shared_flags(typed, command->uses, command->group)) shared.add(group.options);
        for (const Option& option : spec.options)
            for (const std::string& name : flag_names(option)) CHECK(!shared.has(name));
    }
}

TEST_CASE("every example can be typed as it stands") {
    for (const Command* command : all_commands()) {
        Spec spec;
        command->bind(spec);
        for (const std::string& example : spec.examples) {
            CAPTURE(example);
            std::vector<std::string> words = shell_words(example);
            REQUIRE(words.size() >= 2);
            CHECK(words[0] == "redisctl");
            std::vector<const char*> args;
            for (size_t i = 1; i < words.size(); ++i) args.push_back(words[i].c_str());
            auto parsed = parse(args, all_commands());
            REQUIRE(parsed);
            CHECK(parsed->command == command);
        }
    }
}

TEST_CASE("what the explanation of a finding gives to paste can be typed") {
    for (const topology::FindingCode& code : topology::finding_codes())
        for (const std::string_view line : code.paste) {
            CAPTURE(line);
            std::vector<std::string> words = shell_words(std::string(line));
            if (words.at(0) != "redisctl") continue;
            std::vector<const char*> args;
            for (size_t i = 1; i < words.size(); ++i) args.push_back(words[i].c_str());
            CHECK(parse(args, all_commands()));
        }
}

TEST_CASE("the kind that a command names has a schema") {
    for (const Command* command : all_commands()) {
        CAPTURE(command->name);
        CHECK(command->kind.empty() == (command->uses == Uses::nothing));
        if (!command->kind.empty()) CHECK(output::schema_text(command->kind));
    }
}
