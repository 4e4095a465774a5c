// Settings of a backup, set back on every node of an instance or on none.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/context.h"

#include <string>
#include <vector>

namespace redisctl {

struct RestoreConfigOptions {
    std::vector<std::string> backup, parameters;  // parameters: empty: all that differ
    std::string dir, passphrase_file;
    bool rewrite = false, dry_run = false, yes = false;
    bool shown = false;  // who is to agree has seen the plan: it is not shown once more
};

struct SettingsRestored {
    ExitCode exit = ExitCode::ok;
    // What was not set, or not kept, is only what a server takes at its start.
    bool only_at_start = false;
};

// Prints the plan and the result. Errors: not_found, where the backup has no settings of these nodes; refused; those of
// the look, of the parts and of the nodes; nothing was set then.
Result<SettingsRestored> restore_settings(Context& context, const RestoreConfigOptions& options);

}  // namespace redisctl
