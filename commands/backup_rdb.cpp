#include "backup/manifest.h"
#include "backup/shelf.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/backup_save.h"
#include "commands/backup_source.h"
#include "commands/command.h"
#include "commands/look.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using backup::Manifest;

struct Options {
    std::string dir, from, retain, idle;
    bool dry_run = false;
};

class BackupRdb {
  public:
    BackupRdb(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        TRY(read_options());
        TRY_ASSIGN(const Look seen, look(context_));
        TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context_.globals().nodes));
        return options_.dry_run ? show_plan(seen, wanted) : back_up_all(seen, wanted);
    }

  private:
    Result<void> read_options() {
        from_ = backup_from(options_.from);
        if (!options_.retain.empty()) {
            const auto number = parse_int(options_.retain);
            if (!number || *number < 1)
                return fail(ErrorCode::usage,
                            fmt::format("--retain: '{}' is no number of backups to keep", printable(options_.retain)),
                            "1 is the least", "--retain 7");
            settings_.retain = static_cast<size_t>(*number);
        }
        if (!options_.idle.empty()) {
            TRY_ASSIGN(settings_.waiting.idle, parse_duration(options_.idle));
        }
        if (context_.globals().timeout) settings_.waiting.end = Deadline::after(*context_.globals().timeout);
        if (!options_.dir.empty()) settings_.dir = options_.dir;
        return {};
    }

    bool asked(const fleet::Instance& instance, const NodeNames& wanted) const {
        return std::any_of(instance.nodes.begin(), instance.nodes.end(),
                           [&](const fleet::Node& node) { return wanted.has(node.name); });
    }

    Result<BackupSource> source_of(const Look& seen, size_t i, const NodeNames& wanted) const {
        return choose_source(seen.found.inventory.instances[i], seen.pictures[i], wanted,
                             !context_.globals().nodes.empty(), from_);
    }

    Result<ExitCode> show_plan(const Look& seen, const NodeNames& wanted) {
        output::Document document("BackupPlan", context_.kube_context());
        output::Table table{"", {{"INSTANCE"}, {"NODE"}, {"ROLE"}, {"WHY"}, {"FILE"}, {"DELETES"}}, {}};
        Answered answered;
        std::optional<Error> first;
        for (size_t i = 0; i < seen.pictures.size(); i++) {
            const fleet::Instance& instance = seen.found.inventory.instances[i];
            if (!asked(instance, wanted)) continue;
            const Result<BackupSource> source = source_of(seen, i, wanted);
            answered.count(source ? std::nullopt : std::optional(source.error()));
            if (!source) {
                if (!first) first = source.error();
                document.add_error({instance.full_name(), "", source.error()});
                continue;
            }
            const Manifest manifest = begin_manifest(context_, instance, settings_.id);
            const std::string path = fmt::format("{}/{}.rdb", settings_.dir, backup::file_stem(manifest));
            std::vector<std::string> deletes;
            if (settings_.retain > 0)
                if (const auto shelf = backup::read_shelf(settings_.dir))
                    for (const backup::Shelved& old : backup::surplus(*shelf, manifest, settings_.retain - 1))
                        deletes.push_back(old.path);
            const std::string_view role = redis::role_name(source->picture->view->role);
            Json item{{"instance", instance.name}, {"namespace", text_or_null(instance.ns)}};
            item["node"] = source->node->name;
            item["role"] = role;
            item["why"] = source->why;
            item["serverVersion"] = text_or_null(source->picture->view->version);
            item["path"] = path;
            item["deletes"] = deletes;
            document.add_item(std::move(item));
            document.add_name(source->node->name);
            table.rows.push_back({instance.full_name(), source->node->name, role, source->why, path, deletes.size()});
        }
        document.add_table(std::move(table));
        TRY(context_.output().print(document));
        return answered.yes == 0 && first ? exit_of(*first) : shown(answered);
    }

    Result<ExitCode> back_up_all(const Look& seen, const NodeNames& wanted) {
        output::Document document("Backup", context_.kube_context());
        output::Table table{"", {{"INSTANCE"}, {"NODE"}, {"ROLE"}, {"KEYS"}, {"SIZE"}, {"TOOK"}, {"FILE"}}, {}};
        size_t done = 0;
        std::optional<Error> first;
        for (size_t i = 0; i < seen.pictures.size(); i++) {
            const fleet::Instance& instance = seen.found.inventory.instances[i];
            if (!asked(instance, wanted)) continue;
            const Result<BackupSource> source = source_of(seen, i, wanted);
            const Result<Saved> made = source ? save_rdb(context_, instance, *source, settings_) : fail(source.error());
            if (!made) {
                const bool stopped = made.error().code == ErrorCode::interrupted;
                // What was finished before it is told of all the same.
                if (seen.pictures.size() == 1 || (stopped && done == 0)) return fail(made.error());
                if (!first) first = made.error();
                document.add_error({instance.full_name(), source ? source->node->name : "", made.error()});
                if (stopped) break;
                continue;
            }
            done++;
            if (made->not_deleted) {
                if (!first) first = made->not_deleted;
                document.add_error({instance.full_name(), "", *made->not_deleted});
            }
            add(*made, document, table);
        }
        if (done > 0) document.add_table(std::move(table));
        TRY(context_.output().print(document));
        if (!first) return ExitCode::ok;
        return done > 0 ? ExitCode::partial : exit_of(*first);
    }

    static ExitCode exit_of(const Error& error) {
        switch (error.code) {
            case ErrorCode::refused:
            case ErrorCode::conflict:
                return ExitCode::refused;
            case ErrorCode::unauthenticated:
            case ErrorCode::forbidden:
                return ExitCode::not_permitted;
            case ErrorCode::not_found:
                return ExitCode::not_found;
            case ErrorCode::io:
                return ExitCode::output;
            default:
                return ExitCode::unreachable;
        }
    }

    static void add(const Saved& done, output::Document& document, output::Table& table) {
        const Manifest& manifest = done.manifest;
        document.add_item(item_of(done));
        document.add_name(done.path);
        if (!manifest.not_counted.empty())
            document.add_finding({"BACKUP_NOT_COUNTED", Severity::info, manifest.full_name(), manifest.node,
                                  "the keys were not counted: " + manifest.not_counted, ""});
        if (manifest.checksum != "good")
            document.add_finding(
                {"BACKUP_NO_CHECKSUM", Severity::warning, manifest.full_name(), manifest.node,
                 "the server writes no checksum into its RDB, so only sha256 protects the file from now on",
                 "CONFIG SET rdbchecksum yes needs a restart: set it in redis.conf"});
        uint64_t keys = 0;
        if (manifest.keys)
            for (const auto& [number, database] : *manifest.keys) keys += database.keys;
        table.rows.push_back({manifest.full_name(), manifest.node, manifest.role,
                              manifest.keys ? std::to_string(keys) : std::string(), human_bytes(manifest.bytes),
                              fmt::format("{:.1f}s", static_cast<double>(manifest.took_ms) / 1000), done.path});
    }

    Context& context_;
    const Options& options_;
    BackupFrom from_ = BackupFrom::best;
    SaveSettings settings_{.id = backup::new_id()};
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        backup_folder_option(options->dir),
        {"--from",
         "ROLE",
         "Only from a replica, or from the master; by default from the freshest replica, and from the master when no "
         "replica is fit",
         &options->from,
         {"replica", "master"}},
        {"--retain", "N", "Afterwards keep the newest N backups of the instance in the folder, and delete older ones",
         &options->retain},
        {"--idle-timeout", "DURATION", "Give up when nothing came for so long, 60s by default", &options->idle},
        {"--dry-run", "", "Show from which node, to which file, and what would be deleted", &options->dry_run}};
    spec.examples = {"redisctl backup rdb --dir /var/backups/redis --retain 7",
                     "redisctl backup rdb --instance redis --from master",
                     "redisctl backup rdb -A --dir /var/backups/redis --json", "redisctl backup rdb --host db1:6379"};
    spec.run = [options](Context& context) { return BackupRdb(context, *options).run(); };
}

}  // namespace

extern const Command backup_rdb_command{
    "backup rdb", Group::look,      "Save all data as an RDB, streamed from the freshest replica and checked",
    Uses::target, {"redis-backup"}, bind,
    "Backup"};

}  // namespace redisctl
