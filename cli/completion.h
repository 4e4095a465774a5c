// Completion scripts, made from the table of commands. Names of nodes, instances, namespaces and contexts they have from
// `redisctl __complete` (cli/complete.h).
#pragma once

#include "cli/registry.h"
#include "commands/command.h"

#include <string>
#include <vector>

namespace redisctl::cli {

// One command as the scripts need it.
struct Completable {
    std::vector<std::string> names;       // the command's first, as one word
    std::string first_word, second_word;  // of a name of two words
    std::string summary;
    std::vector<Option> options;  // its own and then the shared ones
    size_t own = 0;               // how many of them are its own
    std::vector<Positional> positionals;
};

// What can stand first: a command, or what commands of two words begin with.
struct FirstWord {
    std::string name, summary;  // of the latter: "check, generate"
};
std::vector<FirstWord> first_words(const Commands& commands);
// "check", "generate"
std::vector<std::string> member_names(const Family& family);

// The strings of options and positionals are whole; their targets must not be used.
std::vector<Completable> completables(const Commands& commands);

// The words that a positional can be, where they are known beforehand: its choices, "command", "kind", "shell", "page".
// Empty for any other.
std::vector<std::string> known_words(const Positional& place, const Commands& commands);

std::string bash_completion(const Commands& commands);
std::string zsh_completion(const Commands& commands);
std::string fish_completion(const Commands& commands);

}  // namespace redisctl::cli
