#include "backup/new_backup.h"
#include "base/text.h"
#include "commands/aof_save.h"
#include "commands/backup_save.h"
#include "commands/backup_source.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/number_flag.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace redisctl {

namespace {

using backup::Manifest;

struct Options {
    std::string dir, from, retain, idle, lasting;
};

class BackupAof {
  public:
    BackupAof(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        TRY(read_options());
        TRY_ASSIGN(const Look seen, look_at_one(context_, "an AOF is of one"));
        TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context_.globals().nodes));
        const fleet::Instance& instance = seen.found.inventory.instances.front();
        const topology::Picture& picture = seen.pictures.front();
        TRY_ASSIGN(const BackupSource source,
                   choose_source(instance, picture, wanted, !context_.globals().nodes.empty(), from_));
        TRY_ASSIGN(backup::NewBackup backup,
                   backup::NewBackup::begin(options_.dir.empty() ? "." : options_.dir,
                                            begin_manifest(context_, instance, backup::new_id())));
        TRY_ASSIGN(const std::optional<Error> broke,
                   add_aof(context_, instance, picture, source, waiting_, lasting_, backup));
        // What ended early takes the place of nothing.
        TRY_ASSIGN(Saved done, finish_backup(backup, broke ? 0 : static_cast<size_t>(retain_)));
        done.why = source.why;
        return print(done, instance, broke);
    }

  private:
    Result<void> read_options() {
        TRY_ASSIGN(retain_, number_flag("--retain", options_.retain, 1, 0));
        from_ = backup_from(options_.from);
        if (!options_.idle.empty()) {
            TRY_ASSIGN(waiting_.idle, parse_duration(options_.idle));
        }
        if (!options_.lasting.empty()) {
            TRY_ASSIGN(lasting_, parse_duration(options_.lasting));
        }
        if (context_.globals().timeout) waiting_.end = Deadline::after(*context_.globals().timeout);
        return {};
    }

    Result<ExitCode> print(const Saved& done, const fleet::Instance& instance, const std::optional<Error>& broke) {
        const Manifest& manifest = done.manifest;
        output::Document document("Backup", context_.kube_context());
        document.add_item(item_of(done));
        const std::string folder =
            (options_.dir.empty() ? "./" : options_.dir + "/") + backup::aof_folder_name(manifest);
        document.add_name(folder);
        uint64_t bytes = manifest.bytes;
        for (const backup::Part& part : manifest.parts) bytes += part.bytes;
        output::Table table{
            "", {{"INSTANCE"}, {"NODE"}, {"ROLE"}, {"COMMANDS"}, {"UP TO"}, {"SIZE"}, {"ENDED"}, {"FOLDER"}}, {}};
        table.rows.push_back({instance.full_name(), manifest.node, manifest.role, manifest.aof->commands,
                              fmt::format("{}, {}", manifest.aof->offset, manifest.aof->time), human_bytes(bytes),
                              manifest.aof->ended, folder});
        document.add_table(std::move(table));
        if (broke) document.add_error({instance.full_name(), manifest.node, *broke});
        if (done.not_deleted) document.add_error({instance.full_name(), "", *done.not_deleted});
        TRY(context_.output().print(document));
        return broke || done.not_deleted ? ExitCode::partial : ExitCode::ok;
    }

    Context& context_;
    const Options& options_;
    BackupFrom from_ = BackupFrom::best;
    int64_t retain_ = 0;
    fleet::Waiting waiting_ = SaveSettings{}.waiting;
    std::optional<Millis> lasting_;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        backup_folder_option(options->dir),
        {"--for", "DURATION",
         "Take down commands for so long, or until Ctrl-C; by default until all is there that the master had written "
         "when the RDB had come",
         &options->lasting},
        {"--from",
         "ROLE",
         "Only from a replica, or from the master; by default from the freshest replica, and from the master when no "
         "replica is fit",
         &options->from,
         {"replica", "master"}},
        {"--retain", "N", "Afterwards keep the newest N AOFs of the instance in the folder, and delete older ones",
         &options->retain},
        {"--idle-timeout", "DURATION", "Give up when nothing came for so long, 60s by default", &options->idle}};
    spec.examples = {"redisctl backup aof --dir /var/backups/redis --retain 7",
                     "redisctl backup aof --instance redis --for 1h --dir /var/backups/redis",
                     "redisctl backup aof --host db1:6379"};
    spec.run = [options](Context& context) { return BackupAof(context, *options).run(); };
}

}  // namespace

extern const Command backup_aof_command{
    "backup aof",
    Group::look,
    "Save all data and every write since as an AOF, which a server loads as it is",
    Uses::target,
    {},
    bind,
    "Backup"};

}  // namespace redisctl
