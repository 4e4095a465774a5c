#include "backup/find.h"
#include "backup/pieces.h"
#include "backup/seal.h"
#include "backup/sha256.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/context.h"
#include "commands/input_text.h"

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
            names += (names.empty() ? "" : ", ") + part.name;
            if (part.name == wanted || part.file == wanted) found = Found{one.folder(), part};
        }
    }
    if (found) return std::move(*found);
    return fail(ErrorCode::not_found,
                fmt::format("the backup {} has no part '{}'", printable(options.backup.front()), printable(wanted)),
                names.empty() ? "it has none" : "there are: " + names);
}

Result<std::string> content_of(const Found& found) {
    TRY_ASSIGN(backup::Pieces pieces, backup::Pieces::open(found.folder + "/" + found.part.file));
    std::string text;
    while (true) {
        TRY_ASSIGN(const std::string_view next, pieces.next());
        if (next.empty()) break;
        // What is longer is another file, however long it is.
        if (text.size() + next.size() > found.part.bytes) break;
        text += next;
    }
    backup::Sha256 sha256;
    sha256.add(text);
    if (text.size() != found.part.bytes || pieces.size() != found.part.bytes || sha256.hex() != found.part.sha256)
        return fail(Error{ErrorCode::io, fmt::format("{} is damaged", printable(found.part.file)),
                          "it is not what its manifest says", "redisctl backup verify", "DAMAGED"});
    return text;
}

// What the file says: its sum was right, so a seal that does not open has another passphrase.
Result<std::string> opened(const Found& found, std::string_view sealed, const std::string& passphrase_file) {
    TRY_ASSIGN(std::string passphrase, text_of_file(passphrase_file));
    Result<std::string> text = backup::open_sealed(sealed, Secret(without_line_end(std::move(passphrase))));
    if (text) return text;
    Error error = std::move(text).error();
    if (error.reason == "WRONG_PASSPHRASE") error.cause = "this is not its passphrase";
    if (!error.reason.empty()) error.message = fmt::format("{} does not open", printable(found.part.file));
    return fail(std::move(error));
}

Result<ExitCode> run(Context& context, const Options& options) {
    TRY_ASSIGN(const Found found, find_part(options));
    if (found.part.encrypted && options.passphrase_file.empty())
        return fail(ErrorCode::usage, fmt::format("{} is encrypted", printable(found.part.file)), {},
                    "--passphrase-file FILE");
    Result<std::string> text = content_of(found);
    if (text && found.part.encrypted) text = opened(found, *text, options.passphrase_file);
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
