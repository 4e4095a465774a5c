// argv → which command, with which values. CLI11 is used in parser.cpp only.
#pragma once

#include "base/result.h"
#include "cli/flags.h"
#include "cli/registry.h"
#include "commands/command.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::cli {

enum class Asked { run, help, version };

struct Invocation {
    Asked asked = Asked::run;
    const Command* command = nullptr;  // nullptr only with help and version
    std::optional<Family> family;      // with help: its first word alone was typed
    Spec spec;                         // bound and filled
    CheckedFlags flags;
};

// args: what stands behind the program's name. Shared flags may stand before or behind the command's name; only that
// command is bound. Of a repeated single flag the last one wins. What stands behind "--" is never looked at: it belongs
// to the command, or is its last arguments. Errors (usage): with the nearest word that would have been right, and a
// hint to paste.
Result<Invocation> parse(std::span<const char* const> args, const Commands& commands);

}  // namespace redisctl::cli
