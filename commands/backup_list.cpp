#include "backup/shelf.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/context.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string dir, instance;
};

uint64_t bytes_of(const backup::Manifest& manifest) {
    uint64_t bytes = manifest.bytes;
    for (const backup::Part& part : manifest.parts) bytes += part.bytes;
    return bytes;
}

std::string keys_of(const backup::Manifest& manifest) {
    if (!manifest.keys) return {};
    uint64_t keys = 0;
    for (const auto& [number, database] : *manifest.keys) keys += database.keys;
    return std::to_string(keys);
}

Result<ExitCode> run(Context& context, const Options& options) {
    const std::string dir = options.dir.empty() ? "." : options.dir;
    TRY_ASSIGN(const backup::Shelf shelf, backup::read_shelf(dir));
    output::Document document("BackupList", "");
    output::Table table{"", {{"INSTANCE"}, {"TIME"}, {"HOLDS"}, {"NODE"}, {"KEYS"}, {"SIZE"}, {"STATE"}, {"ID"}}, {}};
    bool bad = false;
    for (const backup::Shelved& backup : shelf.backups) {
        const backup::Manifest& manifest = backup.manifest;
        if (!options.instance.empty() && manifest.instance != options.instance) continue;
        const std::string_view state = backup.state;
        bad = bad || state != "ok";
        Json item = backup::to_json(manifest);
        item["path"] = backup.path;
        item["manifest"] = backup.manifest_path;
        item["state"] = state;
        document.add_item(std::move(item));
        document.add_name(backup.path);
        table.rows.push_back({manifest.full_name(),
                              manifest.time,
                              manifest.contents(),
                              manifest.node,
                              keys_of(manifest),
                              human_bytes(bytes_of(manifest)),
                              {std::string(state), state == "ok" ? output::Tone::good : output::Tone::bad},
                              manifest.id});
    }
    document.add_table(std::move(table));
    for (const Error& error : shelf.unreadable) document.add_error({"", "", error});
    for (const std::string& name : shelf.unfinished)
        document.add_finding({"BACKUP_UNFINISHED", Severity::info, "", "",
                              fmt::format("{} is of a backup that is under way, or was killed", name),
                              "when no backup runs it can be deleted"});
    TRY(context.output().print(document));
    if (bad) return ExitCode::bad_answer;
    return shelf.unreadable.empty() ? ExitCode::ok : ExitCode::partial;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {{"--dir", "FOLDER", "Folder of the backups; this one by default", &options->dir, {}, "file"},
                    {"--instance", "NAME", "Only those of this instance", &options->instance, {}, "instance"}};
    spec.examples = {"redisctl backup list --dir /var/backups/redis", "redisctl backup list --instance redis --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command backup_list_command{
    "backup list", Group::look, "List the backups in a folder, and which of them are not there as they should be",
    Uses::answer,  {},          bind,
    "BackupList"};

}  // namespace redisctl
