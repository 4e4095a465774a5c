// A command is a row: its name, what it says of itself, its options as data, and run(). One line each in commands.def,
// one file each, save for variants of the same.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "base/text.h"

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace redisctl {

class Context;  // commands/context.h: everything from outside

// An option as data: cli/ turns it into a CLI11 option, a completion and a line of the man page. The target must
// outlive parsing.
struct Option {
    using Target = std::variant<bool*, std::string*, std::vector<std::string>*>;
    std::string names;                      // "-n,--namespace"
    std::string value;                      // "NAME"; empty for a flag
    std::string help;                       // one line, capital first, no dot at the end
    Target target;                          // bool* flag; string* single (the last one wins); vector* repeatable
    std::vector<std::string> choices = {};  // allowed values, for checking and for completion
    std::string completes = {};  // dynamic completion: "namespace", "context", "node", "instance", "file"; empty: none
};

struct Positional {
    std::string name;  // "NODE"
    std::string help;
    std::vector<std::string>* target;
    bool required = false, repeatable = false;
    std::string completes = {};
    std::vector<std::string> choices = {};  // allowed values, for checking and for completion
};

// What a command declares: bind() fills it, parsing fills the targets, then run() acts. run is never called from inside
// the parser.
struct Spec {
    std::vector<Option> options;
    std::vector<Positional> positionals;
    std::vector<std::string> examples;  // "redisctl replica-lag --max-bytes 1MiB", each must parse
    std::function<Result<ExitCode>(Context&)> run;
    bool rest_is_argv = false;  // what stands behind -- belongs to the command, byte by byte
    bool rest_is_optional = false;
    std::vector<std::string>* rest = nullptr;
};

enum class Group { look, judge, inspect, change, tool };
enum class Uses {
    nothing,
    target,  // the target, connection and password flags apply, and -o
    answer,  // it has a document, so -o applies, and asks nobody
};

struct Command {
    std::string_view name;  // "status"; of two words where the first is a command too: "sentinel check"
    Group group;
    std::string_view summary;  // imperative, capital first, no dot
    Uses uses;
    std::vector<std::string_view> aliases;  // the make targets' names where they differ
    void (*bind)(Spec&);                    // options live in a static-free struct that the closure owns
    std::string_view kind =
        {};  // of its document, for the envelope that a failure prints with -o json; empty: it prints none
};

}  // namespace redisctl
