#include "backup/check.h"
#include "backup/shelf.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/context.h"
#include "commands/json_values.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> what;
    std::string dir;
};

struct Target {
    std::string path;
    std::optional<backup::Manifest> manifest;
};

// A file with what stands beside it; a manifest stands for its file.
Result<Target> target_of_file(const std::string& path) {
    const std::filesystem::path file(path);
    const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
    Target target{path, {}};
    TRY_ASSIGN(const backup::Shelf shelf, backup::read_shelf(folder));
    for (const backup::Shelved& shelved : shelf.backups) {
        const std::string name = file.filename();
        if (name != shelved.manifest.file && name != std::filesystem::path(shelved.manifest_path).filename()) continue;
        target.manifest = shelved.manifest;
        if (name != shelved.manifest.file) target.path = shelved.path;
    }
    return target;
}

Result<std::vector<Target>> targets_of(const Options& options) {
    const std::string dir = options.dir.empty() ? "." : options.dir;
    std::vector<Target> targets;
    for (const std::string& what : options.what) {
        std::error_code error;
        if (what.find('/') != std::string::npos || std::filesystem::exists(what, error)) {
            TRY_ASSIGN(Target target, target_of_file(what));
            targets.push_back(std::move(target));
            continue;
        }
        TRY_ASSIGN(const backup::Shelf shelf, backup::read_shelf(dir));
        const size_t before = targets.size();
        for (const backup::Shelved& shelved : shelf.backups)
            if (shelved.manifest.id == what || shelved.manifest.file == what)
                targets.push_back({shelved.path, shelved.manifest});
        if (targets.size() == before)
            return fail(ErrorCode::not_found, fmt::format("there is no backup '{}' in {}", printable(what), dir), {},
                        fmt::format("redisctl backup list --dir {}", dir));
    }
    return targets;
}

Json item_of(const Target& target, const std::vector<backup::Check>& checks, bool whole) {
    Json item{{"path", target.path}};
    item["id"] = target.manifest ? Json(target.manifest->id) : Json(nullptr);
    item["instance"] = target.manifest ? Json(target.manifest->instance) : Json(nullptr);
    item["namespace"] = target.manifest ? text_or_null(target.manifest->ns) : Json(nullptr);
    item["whole"] = whole;
    item["checks"] = Json::array();
    for (const backup::Check& check : checks)
        item["checks"].push_back({{"check", check.name}, {"ok", value_or_null(check.ok)}, {"says", check.says}});
    return item;
}

output::Table table_of(const Target& target, const std::vector<backup::Check>& checks) {
    output::Table table{target.path, {{"CHECK"}, {"OK"}, {"SAYS"}}, {}};
    for (const backup::Check& check : checks)
        table.rows.push_back({check.name,
                              !check.ok   ? output::Cell("unknown", output::Tone::warn)
                              : *check.ok ? output::Cell("yes", output::Tone::good)
                                          : output::Cell("no", output::Tone::bad),
                              check.says});
    return table;
}

Result<ExitCode> run(Context& context, const Options& options) {
    // It may read for a long time, and then Ctrl-C is an answer of ours.
    interrupt::install();
    TRY_ASSIGN(const std::vector<Target> targets, targets_of(options));
    output::Document document("BackupCheck", "");
    bool all_whole = true;
    for (const Target& target : targets) {
        TRY_ASSIGN(const std::vector<backup::Check> checks, backup::check_rdb(target.path, target.manifest));
        const bool whole =
            std::none_of(checks.begin(), checks.end(), [](const backup::Check& check) { return check.ok == false; });
        all_whole = all_whole && whole;
        document.add_item(item_of(target, checks, whole));
        document.add_name(target.path);
        document.add_table(table_of(target, checks));
    }
    TRY(context.output().print(document));
    return all_whole ? ExitCode::ok : ExitCode::bad_answer;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--dir", "FOLDER", "Folder in which an ID is looked for; this one by default", &options->dir, {}, "file"}};
    spec.positionals = {
        {"BACKUP", "An RDB, its manifest, or the id of a run of backup rdb", &options->what, true, true, "file"}};
    spec.examples = {"redisctl backup verify dump.rdb",
                     "redisctl backup verify 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command backup_verify_command{
    "backup verify", Group::look, "Read an RDB to its end and compare it with its checksum and its manifest, offline",
    Uses::answer,    {},          bind,
    "BackupCheck"};

}  // namespace redisctl
