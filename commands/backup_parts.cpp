#include "backup/new_backup.h"
#include "backup/seal.h"
#include "base/text.h"
#include "commands/backup_objects.h"
#include "commands/backup_save.h"
#include "commands/backup_settings.h"
#include "commands/backup_source.h"
#include "commands/command.h"
#include "commands/input_text.h"
#include "commands/look.h"
#include "commands/number_flag.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace redisctl {

namespace {

using backup::Manifest;
using redis::Passwords;

struct Contents {
    bool rdb, settings, objects;
    bool all() const { return rdb; }
};

struct Options {
    std::string dir, retain, passphrase_file, from;
    bool with_secrets = false;
};

class BackupParts {
  public:
    BackupParts(Context& context, const Options& options, Contents contents)
        : context_(context), options_(options), contents_(contents) {}

    Result<ExitCode> run() {
        TRY(read_options());
        TRY_ASSIGN(const Look seen, look_at_one(context_, "a backup of settings or objects is of one"));
        TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context_.globals().nodes));
        const fleet::Instance& instance = seen.found.inventory.instances.front();
        TRY_ASSIGN(backup::NewBackup backup,
                   backup::NewBackup::begin(options_.dir.empty() ? "." : options_.dir,
                                            begin_manifest(context_, instance, backup::new_id()), std::move(seal_)));
        TRY(add_parts(seen, wanted, backup));
        const bool whole = backup.manifest().missing.empty();
        // What is not whole takes the place of nothing.
        TRY_ASSIGN(Saved done, finish_backup(backup, whole ? static_cast<size_t>(retain_) : 0));
        done.why = why_;
        return print(done, instance);
    }

  private:
    Result<void> read_options() {
        TRY_ASSIGN(retain_, number_flag("--retain", options_.retain, 1, 0));
        if (contents_.objects && !contents_.all() && context_.globals().without_kubernetes())
            return fail(ErrorCode::not_found, "plain hosts have no Kubernetes objects",
                        "--host and --sentinel look at no Kubernetes", "redisctl backup k8s -n NAMESPACE");
        from_ = backup_from(options_.from);
        if (!options_.with_secrets) {
            if (options_.passphrase_file.empty()) return {};
            return fail(ErrorCode::usage, "--passphrase-file is for --with-secrets",
                        "without it passwords are left out, and nothing is encrypted", "--with-secrets");
        }
        if (options_.passphrase_file.empty())
            return fail(ErrorCode::usage, "--with-secrets needs a passphrase",
                        "passwords are only written encrypted", "--passphrase-file FILE");
        passwords_ = Passwords::kept;
        TRY_ASSIGN(std::string text, text_of_file(options_.passphrase_file));
        TRY_ASSIGN(seal_, backup::Seal::with(Secret(without_line_end(std::move(text)))));
        return {};
    }

    // With an RDB, what else fails is missing: the data are worth more than all the rest.
    Result<void> add_parts(const Look& seen, const NodeNames& wanted, backup::NewBackup& backup) {
        if (contents_.rdb) {
            TRY_ASSIGN(const BackupSource source,
                       choose_source(seen.found.inventory.instances.front(), seen.pictures.front(), wanted,
                                     !context_.globals().nodes.empty(), from_));
            fleet::Waiting waiting = SaveSettings{}.waiting;
            if (context_.globals().timeout) waiting.end = Deadline::after(*context_.globals().timeout);
            TRY(add_rdb(context_, seen.found.inventory.instances.front(), source, waiting, backup));
            why_ = source.why;
        }
        if (contents_.settings) TRY(or_missing(add_settings(context_, seen, wanted, passwords_, backup)));
        if (contents_.objects && context_.in_kubernetes())
            TRY(or_missing(add_objects(context_, seen, passwords_, backup)));
        return {};
    }

    // Parts have noted what they could not read.
    Result<void> or_missing(Result<void> added) const {
        const bool fatal = !added && (!contents_.all() || added.error().code == ErrorCode::interrupted ||
                                      added.error().code == ErrorCode::io);
        return fatal ? added : Result<void>{};
    }

    Result<ExitCode> print(const Saved& done, const fleet::Instance& instance) {
        const Manifest& manifest = done.manifest;
        output::Document document("Backup", context_.kube_context());
        document.add_item(item_of(done));
        output::Table table{instance.full_name(), {{"PART"}, {"OF"}, {"SIZE"}, {"ENCRYPTED"}, {"FILE"}}, {}};
        const std::string folder = options_.dir.empty() ? "./" : options_.dir + "/";
        if (manifest.has_rdb()) {
            table.rows.push_back({"rdb", manifest.node, human_bytes(manifest.bytes), "no", done.path});
            document.add_name(done.path);
        }
        for (const backup::Part& part : manifest.parts) {
            table.rows.push_back(
                {part.kind, part.name, human_bytes(part.bytes), part.encrypted ? "yes" : "no", folder + part.file});
            document.add_name(folder + part.file);
        }
        document.add_table(std::move(table));
        for (const backup::Missing& missing : manifest.missing)
            document.add_error({instance.full_name(), "",
                                {ErrorCode::not_found, fmt::format("{} {} is not in the backup", missing.kind, missing.name),
                                 missing.why, {}, "PART_MISSING"}});
        if (done.not_deleted) document.add_error({instance.full_name(), "", *done.not_deleted});
        TRY(context_.output().print(document));
        return manifest.missing.empty() && !done.not_deleted ? ExitCode::ok : ExitCode::partial;
    }

    Context& context_;
    const Options& options_;
    const Contents contents_;
    BackupFrom from_ = BackupFrom::best;
    int64_t retain_ = 0;
    std::string why_;  // the RDB is from that node
    Passwords passwords_ = Passwords::left_out;
    std::optional<backup::Seal> seal_;
};

void bind(Spec& spec, Contents contents) {
    auto options = std::make_shared<Options>();
    spec.options = {
        backup_folder_option(options->dir),
        {"--with-secrets", "", "Passwords too, all parts but the RDB encrypted; wants --passphrase-file",
         &options->with_secrets},
        {"--passphrase-file",
         "FILE",
         "What to encrypt with, and what opens it again",
         &options->passphrase_file,
         {},
         "file"},
        {"--retain", "N", "Afterwards keep the newest N of this kind and instance in the folder, and delete older ones",
         &options->retain}};
    if (contents.rdb)
        spec.options.push_back({"--from",
                                "ROLE",
                                "The RDB only from a replica, or from the master; the freshest replica by default",
                                &options->from,
                                {"replica", "master"}});
    spec.run = [options, contents](Context& context) { return BackupParts(context, *options, contents).run(); };
}

void bind_config(Spec& spec) {
    bind(spec, {false, true, false});
    spec.examples = {"redisctl backup config --dir /var/backups/redis --retain 7",
                     "redisctl backup config --instance redis --with-secrets --passphrase-file passphrase",
                     "redisctl backup config --host db1:6379"};
}

void bind_k8s(Spec& spec) {
    bind(spec, {false, false, true});
    spec.examples = {"redisctl backup k8s --dir /var/backups/redis",
                     "redisctl backup k8s --instance redis --with-secrets --passphrase-file passphrase"};
}

void bind_all(Spec& spec) {
    bind(spec, {true, true, true});
    spec.examples = {"redisctl backup all --dir /var/backups/redis --retain 7",
                     "redisctl backup all --instance redis --with-secrets --passphrase-file passphrase",
                     "redisctl backup all --host db1:6379"};
}

}  // namespace

extern const Command backup_config_command{
    "backup config", Group::look, "Save the settings of every node and Sentinel, each as a file; passwords left out",
    Uses::target, {}, bind_config,
    "Backup"};

extern const Command backup_k8s_command{
    "backup k8s", Group::look,
    "Save the Kubernetes objects of an instance, to be applied again; passwords left out",
    Uses::target, {"redis-backup-k8s-resources"}, bind_k8s,
    "Backup"};

extern const Command backup_all_command{
    "backup all", Group::look, "Save data, settings and Kubernetes objects under one id",
    Uses::target, {"redis-full-backup"}, bind_all,
    "Backup"};

}  // namespace redisctl
