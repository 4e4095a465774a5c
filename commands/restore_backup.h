// A restore, whatever the backup comes from: checks, plan, consent, safety backup, keys, comparison and result. Each
// command of the group `restore` that writes keys says where its file is, and shares all the rest, flags too.
#pragma once

#include "backup/find.h"
#include "base/exit_code.h"
#include "base/result.h"
#include "commands/command.h"
#include "commands/look.h"

#include <functional>
#include <string>
#include <vector>

namespace redisctl {

struct RestoreOptions {
    std::string command;  // as plan, result and history name it: "restore rdb"
    std::vector<std::string> overrides;
    // dir: for the safety backup; empty: the folder of the file, which a caller whose file is not to stay has to fill.
    std::string dir, confirm, wait;
    bool merge = false, replace_all = false, resume = false, no_safety_backup = false, dry_run = false;
    bool shown = false;  // who is to agree has seen the plan: it is not shown once more
    // Where the file is made anew each time, with its keys in another order: the words that make it once more, "snapshot
    // restore NAME". What was stopped is begun again then, for it has no place to go on from. Empty: the file stays.
    std::vector<std::string> words = {};
};

// All of the flags above but --resume, which must outlive the options. `dir_help`: what the command has --dir for.
std::vector<Option> restore_options(RestoreOptions& options, std::string dir_help);
// For files that stay.
Option resume_option(RestoreOptions& options);

// Where it is to go: known to have one master, and to be no Redis Cluster. Lives as long as the restore.
struct RestorePlace {
    const Look& seen;
    const fleet::Instance& instance;
    const topology::Picture& picture;
    const fleet::Node& master;
};

// Called once, with dry runs too and before the consent: the checks are about what is in the file, so fetching must
// change nothing that is the user's. The file stays until restore_backup() returns; what is to go then is the caller's.
// A `refused` ends as a result that says so (exit 6), other errors as themselves.
using FetchBackup = std::function<Result<backup::Named>(const RestorePlace& place)>;

// What is wrong with the flags themselves, for a caller who wants to know before it does anything else. Errors: usage.
Result<void> check_restore_options(const Context& context, const RestoreOptions& options);

// One run of a backup may have saved several instances under one id. Errors: not_found, with the files.
Result<backup::Named> backup_of(const topology::Picture& picture, const std::vector<backup::Named>& named);

// Installs the handler of Ctrl-C. Prints the plan and the result, and gives its exit code. Errors, of what was not even
// planned: usage; those of the look; those of `fetch`; those of the file; those of the connection to the master.
Result<ExitCode> restore_backup(Context& context, const RestoreOptions& options, const FetchBackup& fetch);

}  // namespace redisctl
