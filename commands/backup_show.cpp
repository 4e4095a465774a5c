#include "backup/find.h"
#include "base/text.h"
#include "commands/backup_part.h"
#include "commands/command.h"
#include "commands/context.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using backup::Named;
using backup::Part;

struct Options {
    std::vector<std::string> backup, part;
    std::string dir, passphrase_file;
};

struct Found {
    std::string folder;
    Part part;
};

// By its name, where several instances of one run have none of the same.
Result<Found> find_part(const Options& options) {
    const std::string& wanted = options.part.front();
    TRY_ASSIGN(const std::vector<Named> named,
               backup::find_backups(options.backup.front(), options.dir.empty() ? "." : options.dir));
    std::optional<Found> found;
    std::string names;
    for (const Named& one : named) {
        if (!one.manifest) continue;
        for (const Part& part : one.manifest->parts) {
            if (part.kind == backup::aof_kind) continue;  // nothing to print, and of any length
            names += (names.empty() ? "" : ", ") + part.name;
            if (part.name == wanted || part.file == wanted) found = Found{one.folder(), part};
        }
    }
    if (found) return std::move(*found);
    return fail(ErrorCode::not_found,
                fmt::format("the backup {} has no part '{}'", printable(options.backup.front()), printable(wanted)),
                names.empty() ? "it has none" : "there are: " + names);
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const Found found, find_part(options));
    const Result<std::string> text = text_of_part(found.folder, found.part, options.passphrase_file);
    // As backup verify answers.
    if (!text && text.error().reason == "DAMAGED") {
        context.output().error(text.error());
        return ExitCode::bad_answer;
    }
    TRY(text);
    TRY(context.output().write(*text));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--dir", "FOLDER", "Folder in which the backup is looked for; this one by default", &options->dir, {}, "file"},
        {"--passphrase-file", "FILE", "What it was encrypted with", &options->passphrase_file, {}, "file"}};
    spec.positionals = {{"BACKUP", "The id of a backup, or its manifest", &options->backup, true, false, "file"},
                        {"PART", "A node, or the plural of objects: redis-0, secrets", &options->part, true, false}};
    spec.examples = {
        "redisctl backup show 20261122T033000Z-1a2b3c4d redis-0 --dir /var/backups/redis",
        "redisctl backup show 20261122T033000Z-1a2b3c4d secrets --passphrase-file passphrase"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command backup_show_command{
    "backup show", Group::look, "Print one part of a backup as it was saved, decrypted where it is encrypted",
    Uses::nothing, {},          bind};

}  // namespace redisctl
