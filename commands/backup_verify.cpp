#include "backup/check.h"
#include "backup/find.h"
#include "base/interrupt.h"
#include "base/json_values.h"
#include "commands/command.h"
#include "commands/context.h"

#include <nlohmann/json.hpp>

#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using backup::Named;

struct Options {
    std::vector<std::string> what;
    std::string dir;
};

Result<std::vector<Named>> targets_of(const Options& options) {
    const std::string dir = options.dir.empty() ? "." : options.dir;
    std::vector<Named> targets;
    for (const std::string& what : options.what) {
        TRY_ASSIGN(std::vector<Named> found, backup::find_backups(what, dir));
        targets.insert(targets.end(), found.begin(), found.end());
    }
    return targets;
}

Result<backup::Checked> check(const Named& target) {
    backup::Checked checked;
    if (!target.manifest || target.manifest->has_rdb()) {
        TRY_ASSIGN(checked, backup::check_rdb(target.path, target.manifest));
    }
    if (!target.manifest) return checked;
    TRY_ASSIGN(const std::vector<backup::Check> parts, backup::check_parts(target.folder(), *target.manifest));
    checked.checks.insert(checked.checks.end(), parts.begin(), parts.end());
    return checked;
}

Json item_of(const Named& target, const std::vector<backup::Check>& checks, bool whole) {
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

output::Table table_of(const Named& target, const std::vector<backup::Check>& checks) {
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
    TRY_ASSIGN(const std::vector<Named> targets, targets_of(options));
    output::Document document("BackupCheck", "");
    bool all_whole = true;
    for (const Named& target : targets) {
        TRY_ASSIGN(const backup::Checked checked, check(target));
        all_whole = all_whole && checked.whole();
        document.add_item(item_of(target, checked.checks, checked.whole()));
        document.add_name(target.path);
        document.add_table(table_of(target, checked.checks));
    }
    TRY(context.output().print(document));
    return all_whole ? ExitCode::ok : ExitCode::bad_answer;
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--dir", "FOLDER", "Folder in which an ID is looked for; this one by default", &options->dir, {}, "file"}};
    spec.positionals = {
        {"BACKUP", "An RDB, a manifest, or the id of a backup", &options->what, true, true, "file"}};
    spec.examples = {"redisctl backup verify dump.rdb",
                     "redisctl backup verify 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --json"};
    spec.run = [options](Context& context) { return run(context, *options); };
}

}  // namespace

extern const Command backup_verify_command{
    "backup verify", Group::look, "Read a backup to its end and compare it with its checksums and its manifest, offline",
    Uses::answer,    {},          bind,
    "BackupCheck"};

}  // namespace redisctl
