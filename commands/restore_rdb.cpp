#include "backup/find.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/consent.h"
#include "commands/look.h"
#include "commands/operation_report.h"
#include "commands/restore_run.h"
#include "failover/journal.h"
#include "topology/system.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

struct Options {
    std::vector<std::string> what, overrides;
    std::string dir, confirm, wait;
    bool merge = false, replace_all = false, no_safety_backup = false, dry_run = false;
};

class RestoreRdb {
  public:
    RestoreRdb(Context& context, const Options& options)
        : context_(context), options_(options), id_(failover::new_operation()) {
        result_.operation.command = "restore rdb";
        job_.id = id_;
    }

    Result<ExitCode> run() {
        if (options_.merge && options_.replace_all)
            return fail(ErrorCode::usage, "--merge and --replace-all exclude each other");
        if (!context_.globals().nodes.empty())
            return fail(ErrorCode::usage, "--node is not for a restore",
                        "it goes to the master, whichever node that is");
        if (!options_.wait.empty()) {
            TRY_ASSIGN(job_.patience, parse_duration(options_.wait));
        }
        job_.mode = options_.merge         ? RestoreMode::merge
                    : options_.replace_all ? RestoreMode::replace_all
                                           : RestoreMode::into_empty;
        TRY_ASSIGN(const std::vector<backup::Named> named,
                   backup::find_backups(options_.what.front(), options_.dir.empty() ? "." : options_.dir));
        context_.begin_operation(id_);
        TRY_ASSIGN(const Look seen, look_at_one(context_, "a change is about one"));
        const topology::Picture& picture = seen.pictures.front();
        job_.seen = &seen;
        job_.picture = &picture;
        job_.instance = &seen.found.inventory.instances.front();
        result_.operation.instance = picture.name;
        result_.operation.ns = picture.ns;
        TRY_ASSIGN(const backup::Named chosen, of_this_instance(named, picture));
        if (const Result<void> found = find_master(picture); !found)
            return end_early(context_, result_.operation, found.error());
        context_.output().progress(fmt::format("reading {}", printable(chosen.path)));
        const Result<RestoreFile> file = read_restore_file(chosen);
        if (!file && file.error().code == ErrorCode::refused)
            return end_early(context_, result_.operation, file.error());
        TRY(file);
        TRY_ASSIGN(const RestoreTarget target, ask_restore_target(context_, *job_.master, *file));
        result_.file = job_.file = &*file;
        result_.target = job_.target = &target;
        return decide();
    }

  private:
    // One run of `backup rdb` may have saved several instances under one id.
    static Result<backup::Named> of_this_instance(const std::vector<backup::Named>& named,
                                                  const topology::Picture& picture) {
        if (named.size() == 1) return named.front();
        std::vector<backup::Named> fit;
        for (const backup::Named& one : named)
            if (one.manifest && one.manifest->instance == picture.name && one.manifest->ns == picture.ns)
                fit.push_back(one);
        if (fit.size() == 1) return fit.front();
        std::string files;
        for (const backup::Named& one : named) files += (files.empty() ? "" : ", ") + one.path;
        return fail(ErrorCode::not_found,
                    fmt::format("{} of {} backups are of {}", fit.size(), named.size(), picture.full_name()),
                    "there are: " + files, "name the file");
    }

    Result<void> find_master(const topology::Picture& picture) {
        if (picture.system == "cluster-mode")
            return fail(Error{ErrorCode::refused, fmt::format("{} is a Redis Cluster", picture.full_name()),
                              "each master holds a part of the keys, and takes no others", "redis-cli --cluster import",
                              "CLUSTER_MODE"});
        const auto node = std::find_if(job_.instance->nodes.begin(), job_.instance->nodes.end(),
                                       [&](const fleet::Node& one) { return one.name == picture.master; });
        if (picture.master.empty() || node == job_.instance->nodes.end())
            return fail(Error{ErrorCode::refused, fmt::format("{} has no agreed master", picture.full_name()),
                              "what is restored goes to the master, and from there to its replicas",
                              topology::way_to_one_master(picture.system), "NO_MASTER"});
        job_.master = &*node;
        result_.operation.to = picture.master;
        return {};
    }

    Result<ExitCode> decide() {
        RestorePlan plan{head(), steps(), job_.file, job_.target};
        TRY_ASSIGN(plan.plan.checks,
                   restore_checks(*job_.file, *job_.target, *job_.picture, job_.mode, options_.overrides));
        TRY(show_restore_plan(context_.output(), plan, options_.dry_run));
        const bool refuses = std::any_of(plan.plan.checks.begin(), plan.plan.checks.end(), failover::refuses);
        if (refuses) return end_early(context_, result_.operation, refused_by("the restore", plan.plan.checks));
        if (options_.dry_run) return ExitCode::ok;
        if (const Result<void> agreed = consent(); !agreed)
            return end_early(context_, result_.operation, agreed.error());
        result_.operation.operation = id_;
        run_restore(context_, job_, plan.plan, result_);
        return print_restore_result(context_.output(), std::move(result_));
    }

    Result<void> consent() const {
        const std::string what = job_.mode == RestoreMode::replace_all ? "All keys that are there now are removed. "
                                 : job_.mode == RestoreMode::merge     ? "Keys that the file has are replaced. "
                                                                       : "Keys are written to it. ";
        return ask_for_name(job_.picture->name, options_.confirm, what);
    }

    failover::Plan head() {
        failover::Plan plan;
        plan.command = "restore rdb";
        plan.instance = job_.picture->name;
        plan.ns = job_.picture->ns;
        plan.system = job_.picture->system;
        plan.context = context_.kube_context();
        plan.to = job_.picture->master;
        plan.notes.push_back(
            "no role changes and nothing restarts: neither Sentinel nor an operator has anything to do");
        if (job_.mode != RestoreMode::into_empty)
            plan.notes.push_back(
                "clients that write meanwhile are not held back: what they write to a key of the file "
                "before its turn is replaced");
        return plan;
    }

    std::vector<ListedStep> steps() {
        std::vector<ListedStep> steps;
        const bool some = sum_of(job_.target->keys) > 0;
        const std::string folder = backup::Named{job_.file->path, job_.file->manifest}.folder();
        job_.safety_dir = options_.dir.empty() ? folder : options_.dir;
        job_.safety_backup = !options_.no_safety_backup;
        if (job_.safety_backup && some)
            steps.push_back({"safety-backup",
                             "what is there now is saved, and can be restored in the same way",
                             {"PSYNC ? -1, into " + job_.safety_dir}});
        if (job_.mode == RestoreMode::replace_all) {
            std::vector<std::string> lines{"FLUSHALL ASYNC"};
            if (job_.target->functions && !job_.target->functions->empty()) lines.push_back("FUNCTION FLUSH");
            steps.push_back({"empty", "what the file does not have is not to stay", lines, true});
        }
        std::vector<std::string> lines;
        if (job_.file->facts.functions > 0) lines.push_back("FUNCTION LOAD REPLACE code, of each library");
        for (const auto& [number, database] : job_.file->databases)
            lines.push_back(
                fmt::format("SELECT {}; RESTORE key ttl value REPLACE ABSTTL, {} times", number, database.live));
        steps.push_back({"replay", "each key is written to the master, and goes to its replicas from there", lines,
                         job_.mode != RestoreMode::replace_all});
        steps.push_back({"compare", "the master and its replicas are counted", {"INFO keyspace, of each node"}});
        for (ListedStep& step : steps) step.node = job_.picture->master;
        return steps;
    }

    Context& context_;
    const Options& options_;
    const std::string id_;
    RestoreJob job_;
    RestoreResult result_;
};

Result<ExitCode> run(Context& context, const Options& options) {
    // The file may be long, and then Ctrl-C is an answer of ours.
    interrupt::install();
    return RestoreRdb(context, options).run();
}

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--merge", "", "Keys may be there: those that the file has are replaced, the others stay", &options->merge},
        {"--replace-all", "", "Keys may be there: all are removed first (FLUSHALL ASYNC), functions too",
         &options->replace_all},
        {"--dir",
         "FOLDER",
         "Folder in which an ID is looked for, and for the safety backup; by default this one, and the file's own",
         &options->dir,
         {},
         "file"},
        {"--no-safety-backup", "", "Do not save what is there now before", &options->no_safety_backup},
        {"--confirm", "NAME", "The instance's name: stands for typing it", &options->confirm, {}, "instance"},
        {"--override", "CHECK", "Go on although this check refuses; only memory can be overridden",
         &options->overrides},
        {"--wait", "DURATION", "Longest time for replicas to catch up at the end, 60s by default", &options->wait},
        {"--dry-run", "", "Show what would be hit, with the checks and the commands, and change nothing",
         &options->dry_run}};
    spec.positionals = {
        {"BACKUP", "An RDB, its manifest, or the id of a run of backup rdb", &options->what, true, false, "file"}};
    spec.examples = {"redisctl restore rdb dump.rdb --dry-run",
                     "redisctl restore rdb 20261122T033000Z-1a2b3c4d --dir /var/backups/redis --replace-all",
                     "redisctl restore rdb dump.rdb --instance redis --merge --confirm redis --json"};
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
