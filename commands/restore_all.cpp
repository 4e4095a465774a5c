#include "backup/check.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/consent.h"
#include "commands/look.h"
#include "commands/restore_backup.h"
#include "commands/restore_config.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>

namespace redisctl {

namespace {

using backup::Named;
using backup::Part;

struct Options {
    RestoreOptions restore;
    std::vector<std::string> what;
    std::string passphrase_file;
    bool rewrite = false;
};

// Each of what it needs before itself; the rest behind them.
constexpr std::array<std::string_view, 5> kAppliedFirst{"secrets", "configmaps", "persistentvolumeclaims", "services",
                                                        "serviceaccounts"};

std::vector<const Part*> parts_of(const backup::Manifest& manifest, std::string_view kind) {
    std::vector<const Part*> parts;
    for (const Part& part : manifest.parts)
        if (part.kind == kind) parts.push_back(&part);
    std::ranges::stable_sort(parts, {}, [](const Part* part) {
        return std::ranges::find(kAppliedFirst, part->name) - kAppliedFirst.begin();
    });
    return parts;
}

class RestoreAll {
  public:
    RestoreAll(Context& context, const Options& options)
        : context_(context), options_(options), restore_(options.restore) {}

    // Both are planned and checked before anything is changed.
    Result<ExitCode> run() {
        TRY(check_restore_options(context_, restore_));
        interrupt::install();
        TRY_ASSIGN(named_, backup::find_backups(options_.what.front(), folder()));
        context_.begin_operation("restore-all");
        TRY(find_instance());
        TRY(see_that_it_is_whole());
        no_settings_ = parts_of(manifest(), "config").empty();
        if (!json()) TRY(context_.output().write(plan_text()));
        TRY_ASSIGN(const ExitCode planned, do_both(true));
        if (planned != ExitCode::ok || restore_.dry_run) return planned;
        TRY(ask_for_name(instance_, restore_.confirm, "Settings and keys of the backup are written to it. "));
        restore_.confirm = instance_;
        return do_both(false);
    }

  private:
    bool json() const { return output::is_document(context_.output().settings().format); }
    std::string folder() const { return restore_.dir.empty() ? "." : restore_.dir; }
    const backup::Manifest& manifest() const { return *chosen_.manifest; }

    // Where there is none its objects come first, and those are for the user to apply.
    Result<void> find_instance() {
        const Result<Look> seen = look_at_one(context_, "a change is about one");
        if (!seen) {
            Error error = seen.error();
            const std::vector<std::string> lines = lines_to_apply(named_.front());
            if (error.code == ErrorCode::not_found && named_.size() == 1 && !lines.empty()) {
                error.cause += fmt::format("{}the backup has its objects: apply those that are missing, in this order, and "
                                           "run this again",
                                           error.cause.empty() ? "" : "; ");
                error.hint = fmt::format("{}", fmt::join(lines, "; "));
            }
            return fail(std::move(error));
        }
        instance_ = seen->pictures.front().name;
        full_name_ = seen->pictures.front().full_name();
        TRY_ASSIGN(chosen_, backup_of(seen->pictures.front(), named_));
        if (chosen_.manifest && chosen_.manifest->has_rdb()) return {};
        return fail(ErrorCode::not_found, fmt::format("{} has no data", printable(options_.what.front())),
                    chosen_.manifest ? "it holds " + chosen_.manifest->contents() : "it is no backup of all",
                    "redisctl restore config, or redisctl backup list");
    }

    // The RDB is read to its end by its own restore.
    Result<void> see_that_it_is_whole() {
        TRY_ASSIGN(const std::vector<backup::Check> checks, backup::check_parts(chosen_.folder(), manifest()));
        for (const backup::Check& check : checks)
            if (check.ok == false && check.name != "complete")
                return fail(Error{ErrorCode::refused, "the backup is not what its manifest says", check.says,
                                  fmt::format("redisctl backup verify {}{}", printable(options_.what.front()), in_dir()),
                                  "NOT_WHOLE"});
        return {};
    }

    std::string in_dir() const { return restore_.dir.empty() ? "" : " --dir " + printable(restore_.dir); }

    std::vector<std::string> lines_to_apply(const Named& named) const {
        std::vector<std::string> lines;
        if (!named.manifest) return lines;
        for (const Part* part : parts_of(*named.manifest, "k8s"))
            lines.push_back(fmt::format(
                "redisctl backup show {} {}{}{} | kubectl apply -f -", named.manifest->id, part->name, in_dir(),
                !part->encrypted                  ? ""
                : options_.passphrase_file.empty() ? " --passphrase-file FILE"
                                                  : " --passphrase-file " + printable(options_.passphrase_file)));
        return lines;
    }

    std::string plan_text() const {
        std::string text =
            fmt::format("restore all of {} from {}, of {}\n", printable(full_name_), manifest().id, manifest().time);
        const std::vector<std::string> lines = lines_to_apply(chosen_);
        if (!lines.empty()) text += "  objects   yours to apply, where they are missing or differ:\n";
        for (const std::string& line : lines) text += "            " + line + '\n';
        for (const backup::Missing& missing : manifest().missing)
            text += fmt::format("  missing   {} {}: {}\n", missing.kind, printable(missing.name),
                                printable(missing.why));
        return text;
    }

    // Where its nodes have other names, as in a system that was made anew, there is nothing to compare them with.
    Result<SettingsRestored> do_settings(bool dry) {
        if (no_settings_) return SettingsRestored{};
        RestoreConfigOptions config;
        config.backup = options_.what;
        config.dir = restore_.dir;
        config.passphrase_file = options_.passphrase_file;
        config.rewrite = options_.rewrite;
        config.dry_run = dry;
        config.yes = config.shown = !dry;
        if (context_.output().settings().format == output::Format::yaml) TRY(context_.output().write("---\n"));
        Result<SettingsRestored> restored = restore_settings(context_, config);
        if (restored) return restored;
        Error error = std::move(restored).error();
        if (error.code == ErrorCode::not_found && error.reason.empty()) {
            no_settings_ = true;
            context_.output().note("no settings are set: " + printable(error.message));
            return SettingsRestored{};
        }
        if (error.reason == "NODE_SILENT")
            error.hint = fmt::format("redisctl restore rdb {0}{1} writes the data alone, redisctl restore config {0}{1} "
                                     "--node NODE sets those that answer",
                                     printable(options_.what.front()), in_dir());
        return fail(std::move(error));
    }

    Result<ExitCode> do_both(bool dry) {
        TRY_ASSIGN(const SettingsRestored settings, do_settings(dry));
        if (settings.exit != ExitCode::ok && !settings.only_at_start) {
            context_.output().note("no key was written: the settings come first, for the data may need them; without them: "
                                   "redisctl restore rdb");
            return settings.exit;
        }
        RestoreOptions data = restore_;
        data.dry_run = dry;
        data.shown = !dry;
        TRY_ASSIGN(const ExitCode exit,
                   restore_backup(context_, data, [this](const RestorePlace&) { return Result<Named>(chosen_); }));
        return exit == ExitCode::ok && settings.only_at_start ? ExitCode::incomplete : exit;
    }

    Context& context_;
    const Options& options_;
    RestoreOptions restore_;
    std::vector<Named> named_;
    Named chosen_;
    std::string instance_, full_name_;
    bool no_settings_ = false;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    options->restore.command = "restore all";
    spec.options = restore_options(
        options->restore,
        "Folder in which the backup is looked for, and for the safety backup; by default this one, and the backup's own");
    spec.options.push_back(resume_option(options->restore));
    spec.options.push_back({"--passphrase-file", "FILE", "What it was encrypted with", &options->passphrase_file, {}, "file"});
    spec.options.push_back({"--rewrite", "",
                            "Write the settings into the servers' own configuration files too (CONFIG REWRITE)",
                            &options->rewrite});
    spec.positionals = {{"BACKUP", "The id of a run of backup all, or its manifest", &options->what, true, false, "file"}};
    spec.examples = {"redisctl restore all 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --dry-run",
                     "redisctl restore all 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --replace-all",
                     "redisctl restore all 20261122T033000Z-1a2b3c4d --instance redis --confirm redis --json"};
    spec.run = [options](Context& context) { return RestoreAll(context, *options).run(); };
}

}  // namespace

extern const Command restore_all_command{
    "restore all",
    Group::change,
    "Bring an instance back from a backup all: its settings, then its data; its objects are shown",
    Uses::target,
    {},
    bind,
    "OperationResult"};

}  // namespace redisctl
