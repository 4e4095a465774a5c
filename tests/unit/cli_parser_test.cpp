#include "cli/parser.h"
#include "commands/command.h"

#include <doctest/doctest.h>

#include <memory>

using namespace redisctl;
using namespace redisctl::cli;

namespace {

// What the last parse put into the flags of the fake commands.
struct Seen {
    std::string max;
    std::vector<std::string> tags, nodes, rest;
    bool dry = false;
};
std::shared_ptr<Seen> seen;

void bind_lag(Spec& spec) {
    seen = std::make_shared<Seen>();
    spec.options = {{"--max,-m", "SIZE", "Limit", &seen->max},
                    {"--tag", "TAG", "Tags", &seen->tags},
                    {"--dry-run", "", "Change nothing", &seen->dry}};
    spec.positionals = {{"NODE", "Nodes", &seen->nodes, false, true, "node"}};
}

void bind_exec(Spec& spec) {
    seen = std::make_shared<Seen>();
    spec.positionals = {{"NODE", "The node", &seen->nodes, true, false, "node"}};
    spec.rest_is_argv = true;
    spec.rest = &seen->rest;
}

void bind_tool(Spec&) {}

void bind_group(Spec& spec) {
    seen = std::make_shared<Seen>();
    Positional what{"WHAT", "What to show", &seen->nodes};
    what.choices = {"masters", "replicas"};
    spec.positionals = {std::move(what)};
}

void bind_reset(Spec& spec) {
    seen = std::make_shared<Seen>();
    spec.options = {{"--wait", "DURATION", "How long", &seen->max}, {"--dry-run", "", "Change nothing", &seen->dry}};
    spec.positionals = {{"NODE", "Nodes", &seen->nodes, false, true, "node"}};
}

void never(Spec&) {
    FAIL("only the command that was named may be bound");
}

const Command lag{"replica-lag", Group::judge, "Show lag", Uses::target, {"lag"}, bind_lag};
const Command exec{"exec", Group::look, "Run one command", Uses::target, {}, bind_exec};
const Command tool{"tool", Group::tool, "Do something", Uses::nothing, {}, bind_tool};
const Command other{"other", Group::look, "Something else", Uses::target, {}, never};
const Command proxy_check{"proxy check", Group::judge, "Judge", Uses::target, {}, bind_lag};
const Command proxy_make{"proxy make", Group::look, "Make", Uses::target, {}, bind_lag};
const Command group{"group", Group::look, "Show several", Uses::target, {}, bind_group};
const Command group_reset{"group reset", Group::change, "Reset one", Uses::target, {}, bind_reset};
const Commands commands{&exec, &group, &group_reset, &other, &proxy_check, &proxy_make, &lag, &tool};

Result<Invocation> parse_words(std::vector<const char*> words) {
    return parse(words, commands);
}

}  // namespace

TEST_CASE("a command answers to its name, its aliases and the make targets' names") {
    for (const char* name : {"replica-lag", "lag", "redis-replica-lag", "redis-lag"}) {
        CAPTURE(name);
        auto parsed = parse_words({name});
        REQUIRE(parsed);
        CHECK(parsed->asked == Asked::run);
        CHECK(parsed->command == &lag);
    }
}

TEST_CASE("a command of two words is found behind both of them, or as one word") {
    for (const auto& words : std::vector<std::vector<const char*>>{{"proxy", "check", "a"},
                                                                   {"proxy-check", "a"},
                                                                   {"redis-proxy-check", "a"},
                                                                   {"-n", "x", "proxy", "check", "a"},
                                                                   {"proxy", "-n", "x", "check", "a"},
                                                                   {"proxy", "check", "-n", "x", "a"}}) {
        auto parsed = parse_words(words);
        REQUIRE(parsed);
        CHECK(parsed->command == &proxy_check);
        CHECK(seen->nodes == std::vector<std::string>{"a"});
    }
    CHECK(parse_words({"proxy", "make"})->command == &proxy_make);
    for (const auto& words : std::vector<std::vector<const char*>>{{"proxy"}, {"proxy", "--help"}, {"-h", "proxy"}}) {
        auto parsed = parse_words(words);
        REQUIRE(parsed);
        CHECK(parsed->asked == Asked::help);
        REQUIRE(parsed->family);
        CHECK(parsed->family->members == Commands{&proxy_check, &proxy_make});
    }
    CHECK(parse_words({"proxy", "check", "--help"})->command == &proxy_check);
    CHECK(parse_words({"proxy", "chek"}).error().message ==
          "there is no command 'proxy chek'; did you mean 'proxy check'?");
    CHECK(parse_words({"check"}).error().code == ErrorCode::usage);
}

TEST_CASE("the first word of a command of two may be a command too") {
    struct {
        std::vector<const char*> words;
        const Command* command;
        std::vector<std::string> nodes;
    } cases[] = {{{"group"}, &group, {}},
                 {{"group", "masters"}, &group, {"masters"}},
                 {{"group", "reset"}, &group_reset, {}},
                 {{"group", "reset", "a", "reset"}, &group_reset, {"a", "reset"}},
                 {{"-n", "reset", "group", "-n", "reset", "reset", "a"}, &group_reset, {"a"}},
                 {{"group", "--wait", "reset", "--dry-run", "reset", "a"}, &group_reset, {"a"}},
                 {{"group-reset", "a"}, &group_reset, {"a"}},
                 {{"redis-group-reset"}, &group_reset, {}},
                 {{"redis-group", "masters"}, &group, {"masters"}},
                 {{"lag", "reset"}, &lag, {"reset"}}};
    for (const auto& c : cases) {
        auto parsed = parse_words(c.words);
        REQUIRE(parsed);
        CHECK(parsed->command == c.command);
        CHECK(seen->nodes == c.nodes);
    }
    for (const auto& words :
         std::vector<std::vector<const char*>>{{"group", "reset", "--help"}, {"-h", "group", "reset"}}) {
        auto help = parse_words(words);
        REQUIRE(help);
        CHECK(help->asked == Asked::help);
        CHECK(help->command == &group_reset);
    }
    CHECK(parse_words({"group", "--help"})->command == &group);
}

TEST_CASE("values come as they were typed, however they are attached") {
    for (const auto& words : std::vector<std::vector<const char*>>{{"lag", "--max", "1MiB"},
                                                                   {"lag", "--max=1MiB"},
                                                                   {"lag", "-m", "1MiB"},
                                                                   {"lag", "-m1MiB"},
                                                                   {"lag", "-m=1MiB"},
                                                                   {"lag", "--max", "7", "--max=9", "-m", "1MiB"}}) {
        REQUIRE(parse_words(words));
        CHECK(seen->max == "1MiB");
    }
    for (const char* value : {"", "[1,2]", "{}", "%%", "-n", "--json", "--", "a,b", "a b", "=", "true", "++"}) {
        CAPTURE(value);
        REQUIRE(parse_words({"lag", "--max", value, "--tag", value, "--tag", "z"}));
        CHECK(seen->max == value);
        CHECK(seen->tags == std::vector<std::string>{value, "z"});
        REQUIRE(parse_words({"lag", (std::string("--max=") + value).c_str(), "node"}));
        CHECK(seen->max == value);
        CHECK(seen->nodes == std::vector<std::string>{"node"});
    }
}

TEST_CASE("shared flags may stand before and behind the command, and short ones together") {
    auto parsed = parse_words({"-n", "lag", "-Ao", "yaml", "--node", "a", "lag", "redis-0", "--node=b", "-qn", "shop",
                               "--dry-run", "redis-1"});
    REQUIRE(parsed);
    CHECK(parsed->command == &lag);
    CHECK(parsed->flags.globals.ns == "shop");
    CHECK(parsed->flags.globals.all_namespaces);
    CHECK(parsed->flags.globals.nodes == std::vector<std::string>{"a", "b"});
    CHECK(parsed->flags.format == output::Format::yaml);
    CHECK(parsed->flags.verbosity == output::Verbosity::quiet);
    CHECK(seen->dry);
    CHECK(seen->nodes == std::vector<std::string>{"redis-0", "redis-1"});
}

TEST_CASE("an argument that is also a command's name is an argument") {
    REQUIRE(parse_words({"lag", "other", "exec"}));
    CHECK(seen->nodes == std::vector<std::string>{"other", "exec"});
}

TEST_CASE("what stands behind -- is passed on byte by byte, or is arguments") {
    auto parsed = parse_words({"exec", "redis-0", "--json", "--", "SET", "-n", "[1,2]", "--", "", "--help"});
    REQUIRE(parsed);
    CHECK(parsed->asked == Asked::run);
    CHECK(parsed->flags.format == output::Format::json);
    CHECK(seen->nodes == std::vector<std::string>{"redis-0"});
    CHECK(seen->rest == std::vector<std::string>{"SET", "-n", "[1,2]", "--", "", "--help"});

    REQUIRE(parse_words({"lag", "a", "--", "-b"}));
    CHECK(seen->nodes == std::vector<std::string>{"a", "-b"});
}

TEST_CASE("help and version are asked for, with a command or without") {
    struct {
        std::vector<const char*> words;
        Asked asked;
        const Command* command;
    } cases[] = {{{}, Asked::help, nullptr},
                 {{"--help"}, Asked::help, nullptr},
                 {{"-h"}, Asked::help, nullptr},
                 {{"--version"}, Asked::version, nullptr},
                 {{"lag", "-h"}, Asked::help, &lag},
                 {{"--help", "lag"}, Asked::help, &lag},
                 {{"exec", "--help"}, Asked::help, &exec},
                 {{"lag", "--json", "-o", "yaml", "--help"}, Asked::help, &lag},
                 {{"tool", "-h"}, Asked::help, &tool}};
    for (const auto& c : cases) {
        auto parsed = parse_words(c.words);
        REQUIRE(parsed);
        CHECK(parsed->asked == c.asked);
        CHECK(parsed->command == c.command);
    }
}

TEST_CASE("wrong usage is told with the nearest right word and a hint to paste") {
    struct {
        std::vector<const char*> words;
        const char *message, *cause, *hint;
    } cases[] = {
        {{"lagg"}, "there is no command 'lagg'; did you mean 'lag'?", "", "redisctl lag"},
        {{"redis-replica-lga"},
         "there is no command 'redis-replica-lga'; did you mean 'replica-lag'?",
         "",
         "redisctl replica-lag"},
        {{"\x1b"}, "there is no command '\\x1b'", "", "redisctl --help"},
        {{"-n", "x"}, "no command is named", "", "redisctl --help"},
        {{"--", "lag"}, "no command is named", "", "redisctl --help"},
        {{"group", "rest"},
         "group does not take 'rest'; did you mean 'reset'?",
         "it takes masters, replicas, reset",
         "redisctl group reset"},
        {{"group", "zzzzzzzz"},
         "group does not take 'zzzzzzzz'",
         "it takes masters, replicas, reset",
         "redisctl group --help"},
        {{"group", "--dry-run"}, "group takes no flag '--dry-run'", "", "redisctl group --help"},
        {{"--max", "1", "lag"}, "'--max' is no flag that may stand before the command", "", "redisctl --help"},
        {{"--jsno", "lag"},
         "'--jsno' is no flag that may stand before the command; did you mean '--json'?",
         "",
         "redisctl --help"},
        {{"lag", "--maxx", "1"},
         "replica-lag takes no flag '--maxx'; did you mean '--max'?",
         "",
         "redisctl replica-lag --help"},
        {{"lag", "-x"}, "replica-lag takes no flag '-x'", "", "redisctl replica-lag --help"},
        {{"lag", "-Ax"}, "replica-lag takes no flag '-x'", "", "redisctl replica-lag --help"},
        {{"tool", "-n", "x"}, "tool takes no flag '-n'", "", "redisctl tool --help"},
        {{"other2", "--fail-on", "warning"},
         "there is no command 'other2'; did you mean 'other'?",
         "",
         "redisctl other"},
        {{"exec", "a", "--fail-on", "warning"}, "exec takes no flag '--fail-on'", "", "redisctl exec --help"},
        {{"lag", "--max"}, "--max needs a value", "", "redisctl replica-lag --help"},
        {{"-n"}, "-n needs a value", "", "redisctl --help"},
        {{"lag", "--dry-run=yes"}, "--dry-run takes no value", "", "--dry-run"},
        {{"exec"}, "NODE is missing", "The node", "redisctl exec --help"},
        {{"exec", "a", "b"}, "'b' is one argument too many", "", "redisctl exec --help"},
        {{"lag", "-o", "jsn"},
         "--output does not take 'jsn'",
         "it takes table, wide, json, yaml, name",
         "--output json"},
        {{"lag", "--color", "red"},
         "--color does not take 'red'",
         "it takes auto, always, never",
         "redisctl replica-lag --help"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.message);
        auto parsed = parse_words(c.words);
        REQUIRE(!parsed);
        CHECK(parsed.error().code == ErrorCode::usage);
        CHECK(parsed.error().message == c.message);
        CHECK(parsed.error().cause == c.cause);
        CHECK(parsed.error().hint == c.hint);
    }
}

TEST_CASE("what was typed of the target and the way there can be typed again") {
    auto parsed = parse_words({"--host", "db1", "lag", "--max=5", "--user", "u", "--password-stdin", "-o", "json", "-v",
                               "--insecure", "node-1", "-nprod"});
    REQUIRE_FALSE(parsed);  // --host and -n contradict one another
    parsed = parse_words({"--host", "db1", "lag", "--max=5", "--user", "u", "--password-stdin", "-o", "json", "-v",
                          "--tls", "--insecure", "node-1"});
    REQUIRE(parsed);
    CHECK(parsed->flags.globals.typed ==
          std::vector<std::string>{"--host", "db1", "--user", "u", "--password-stdin", "--tls", "--insecure"});
}
