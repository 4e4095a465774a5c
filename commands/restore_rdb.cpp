#include "commands/restore_backup.h"

#include <memory>

namespace redisctl {

namespace {

struct Options {
    RestoreOptions restore;
    std::vector<std::string> what;
};

Result<ExitCode> run(Context& context, const Options& options) {
    TRY(check_restore_options(context, options.restore));
    const std::string& folder = options.restore.dir;
    TRY_ASSIGN(const std::vector<backup::Named> named,
               backup::find_backups(options.what.front(), folder.empty() ? "." : folder));
    return restore_backup(context, options.restore,
                          [&](const RestorePlace& place) { return backup_of(place.picture, named); });
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    options->restore.command = "restore rdb";
    spec.options = restore_options(
        options->restore,
        "Folder in which an ID is looked for, and for the safety backup; by default this one, and the file's own");
    spec.options.push_back(resume_option(options->restore));
    spec.positionals = {
        {"BACKUP", "An RDB, its manifest, or the id of a run of backup rdb", &options->what, true, false, "file"}};
    spec.examples = {"redisctl restore rdb dump.rdb --dry-run",
                     "redisctl restore rdb 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --replace-all",
                     "redisctl restore rdb dump.rdb --instance redis --merge --confirm redis --json",
                     "redisctl restore rdb dump.rdb --instance redis --resume"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command restore_rdb_command{
    "restore rdb",
    Group::change,
    "Write the keys of an RDB to the master, checked before and counted afterwards",
    Uses::target,
    {"redis-restore"},
    bind,
    "OperationResult"};

}  // namespace redisctl
