#include "commands/restore_backup.h"

#include "base/interrupt.h"
#include "base/shell_words.h"
#include "base/text.h"
#include "commands/consent.h"
#include "commands/operation_report.h"
#include "commands/restore_journal.h"
#include "commands/restore_run.h"
#include "failover/journal.h"
#include "topology/system.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace redisctl {

namespace {

class RestoreBackup {
  public:
    RestoreBackup(Context& context, const RestoreOptions& options, const FetchBackup& fetch)
        : context_(context), options_(options), fetch_(fetch), id_(failover::new_operation()) {
        result_.operation.command = options.command;
        job_.id = id_;
    }

    Result<ExitCode> run() {
        TRY(check_restore_options(context_, options_));
        if (!options_.wait.empty()) {
            TRY_ASSIGN(job_.patience, parse_duration(options_.wait));
        }
        job_.mode = options_.merge         ? RestoreMode::merge
                    : options_.replace_all ? RestoreMode::replace_all
                                           : RestoreMode::into_empty;
        context_.begin_operation(id_);
        TRY_ASSIGN(const Look seen, look_at_one(context_, "a change is about one"));
        const topology::Picture& picture = seen.pictures.front();
        job_.seen = &seen;
        job_.picture = &picture;
        job_.instance = &seen.found.inventory.instances.front();
        result_.operation.instance = picture.name;
        result_.operation.ns = picture.ns;
        if (const Result<void> found = find_master(picture); !found)
            return end_early(context_, result_.operation, found.error());
        const Result<RestoreFile> file = read_source();
        if (!file && file.error().code == ErrorCode::refused)
            return end_early(context_, result_.operation, file.error());
        TRY(file);
        TRY_ASSIGN(RestoreTarget target, ask_restore_target(context_, *job_.master, *file));
        result_.file = job_.file = &*file;
        result_.target = job_.target = &target;
        set_lines();
        if (options_.resume)
            if (const Result<void> found = find_stopped_one(target); !found)
                return end_early(context_, result_.operation, found.error());
        return decide();
    }

  private:
    Result<RestoreFile> read_source() {
        TRY_ASSIGN(const backup::Named source, fetch_({*job_.seen, *job_.instance, *job_.picture, *job_.master}));
        context_.output().progress(fmt::format("reading {}", printable(source.path)));
        return read_restore_file(source);
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

    // As they were typed, from whichever folder, and with what has to be said again.
    void set_lines() {
        std::vector<std::string> words = options_.words;
        const bool stays = words.empty();
        if (stays) {
            for (const std::string_view word : split(options_.command, ' ')) words.emplace_back(word);
            words.push_back(absolute(job_.file->path));
        }
        const bool empties = job_.mode == RestoreMode::replace_all;
        job_.goes_on_by = line(words, stays ? "--resume" : empties ? "--replace-all" : "--merge");
        job_.again = line(words, "--merge");
        job_.undone_by = [this](const std::string& path) {
            return line({"restore", "rdb", absolute(path)}, "--replace-all");
        };
    }

    static std::string absolute(const std::string& path) {
        std::error_code failed;
        const std::filesystem::path found = std::filesystem::absolute(path, failed);
        return failed ? path : found.lexically_normal().string();
    }

    std::string line(std::vector<std::string> words, const std::string& mode) const {
        words.insert(words.begin(), "redisctl");
        words.push_back(mode);
        if (!options_.dir.empty()) words.insert(words.end(), {"--dir", absolute(options_.dir)});
        for (const std::string& check : options_.overrides) words.insert(words.end(), {"--override", check});
        if (options_.no_safety_backup) words.emplace_back("--no-safety-backup");
        if (!options_.wait.empty()) words.insert(words.end(), {"--wait", options_.wait});
        if (!options_.confirm.empty()) words.insert(words.end(), {"--confirm", options_.confirm});
        const std::vector<std::string>& typed = context_.globals().typed;
        words.insert(words.end(), typed.begin(), typed.end());
        return shell_line(words);
    }

    // What is true of the master is asked again; the journal knows what was meant, and how far it came.
    Result<void> find_stopped_one(RestoreTarget& target) {
        Result<StoppedRestore> found = find_stopped(context_.environment(), context_.kube_context(), *job_.picture,
                                                    *job_.file, target);
        if (!found) {
            Error error = std::move(found).error();
            if (error.hint.empty()) error.hint = job_.again;
            return fail(std::move(error));
        }
        stopped_ = std::move(*found);
        job_.stopped = &stopped_;
        job_.id = stopped_.operation;
        job_.mode = stopped_.mode;
        if (!stopped_.has_begun()) return {};
        const bool same = stopped_.goes_on_in(target);
        if (same) {
            result_.replayed = stopped_.replayed;
            // Since its first key, so that what expired in between is not missed.
            target.expired_keys = stopped_.expired_keys;
            target.evicted_keys = stopped_.evicted_keys;
        }
        result_.safety_backup = stopped_.safety_backup;
        result_.resumed = {result_.replayed.place, same};
        job_.going_on = GoingOn{result_.replayed.place};
        return {};
    }

    Result<ExitCode> decide() {
        RestorePlan plan{head(), steps(), job_.file, job_.target};
        TRY_ASSIGN(plan.plan.checks,
                   restore_checks(*job_.file, *job_.target, *job_.picture, job_.mode, job_.going_on,
                                  options_.overrides));
        if (!options_.shown) TRY(show_restore_plan(context_.output(), plan, options_.dry_run));
        const bool refuses = std::any_of(plan.plan.checks.begin(), plan.plan.checks.end(), failover::refuses);
        if (refuses) return end_early(context_, result_.operation, refused_by("the restore", plan.plan.checks));
        if (options_.dry_run) return ExitCode::ok;
        if (const Result<void> agreed = consent(); !agreed)
            return end_early(context_, result_.operation, agreed.error());
        result_.operation.operation = job_.id;
        run_restore(context_, job_, plan.plan, result_);
        return print_restore_result(context_.output(), std::move(result_));
    }

    Result<void> consent() const {
        const std::string what = job_.going_on                            ? going_on_text() + ". "
                                 : job_.mode == RestoreMode::replace_all ? "All keys that are there now are removed. "
                                 : job_.mode == RestoreMode::merge     ? "Keys that the file has are replaced. "
                                                                       : "Keys are written to it. ";
        return ask_for_name(job_.picture->name, options_.confirm, what);
    }

    std::string going_on_text() const {
        if (result_.resumed->same_master)
            return fmt::format("it goes on behind {} of {} keys and libraries, which are not sent again",
                               job_.going_on->behind, places_in(*job_.file));
        return fmt::format(
            "{} took the keys then, and is not the same master any more: it begins at the first key, empties nothing, "
            "and makes no new safety backup; what clients wrote to keys of the file since is replaced",
            stopped_.master);
    }

    failover::Plan head() {
        failover::Plan plan;
        plan.command = options_.command;
        plan.instance = job_.picture->name;
        plan.ns = job_.picture->ns;
        plan.system = job_.picture->system;
        plan.context = context_.kube_context();
        plan.to = job_.picture->master;
        plan.notes.push_back(
            "no role changes and nothing restarts: neither Sentinel nor an operator has anything to do");
        if (job_.going_on)
            plan.notes.push_back(fmt::format("operation {} of {}: {}", job_.id, stopped_.master, going_on_text()));
        if (job_.mode != RestoreMode::into_empty || job_.going_on)
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
        if (job_.safety_backup && some && !job_.going_on)
            steps.push_back({"safety-backup",
                             "what is there now is saved, and can be restored in the same way",
                             {"PSYNC ? -1, into " + job_.safety_dir}});
        if (job_.mode == RestoreMode::replace_all && !job_.going_on) {
            std::vector<std::string> lines{"FLUSHALL ASYNC"};
            if (job_.target->functions && !job_.target->functions->empty()) lines.push_back("FUNCTION FLUSH");
            steps.push_back({"empty", "what the file does not have is not to stay", lines, true});
        }
        std::vector<std::string> lines;
        if (job_.file->facts.functions > 0) lines.push_back("FUNCTION LOAD REPLACE code, of each library");
        for (const auto& [number, database] : job_.file->databases)
            lines.push_back(
                fmt::format("SELECT {}; RESTORE key ttl value REPLACE ABSTTL, {} times", number, database.live));
        if (job_.going_on && job_.going_on->behind > 0)
            lines.push_back(fmt::format("without the first {} of them", job_.going_on->behind));
        steps.push_back({"replay", "each key is written to the master, and goes to its replicas from there", lines,
                         job_.mode != RestoreMode::replace_all || job_.going_on});
        steps.push_back({"compare", "the master and its replicas are counted", {"INFO keyspace, of each node"}});
        for (ListedStep& step : steps) step.node = job_.picture->master;
        return steps;
    }

    Context& context_;
    const RestoreOptions& options_;
    const FetchBackup& fetch_;
    const std::string id_;
    RestoreJob job_;
    RestoreResult result_;
    StoppedRestore stopped_;  // that --resume has found
};

}  // namespace

std::vector<Option> restore_options(RestoreOptions& options, std::string dir_help) {
    return {
        {"--merge", "", "Keys may be there: those that the file has are replaced, the others stay", &options.merge},
        {"--replace-all", "", "Keys may be there: all are removed first (FLUSHALL ASYNC), functions too",
         &options.replace_all},
        {"--dir", "FOLDER", std::move(dir_help), &options.dir, {}, "file"},
        {"--no-safety-backup", "", "Do not save what is there now before", &options.no_safety_backup},
        {"--confirm", "NAME", "The instance's name: stands for typing it", &options.confirm, {}, "instance"},
        {"--override", "CHECK", "Go on although this check refuses; only memory can be overridden", &options.overrides},
        {"--wait", "DURATION", "Longest time for replicas to catch up at the end, 60s by default", &options.wait},
        {"--dry-run", "", "Show what would be hit, with the checks and the commands, and change nothing",
         &options.dry_run}};
}

Option resume_option(RestoreOptions& options) {
    return {"--resume", "", "Go on with the last restore of this file, which was stopped, from its place",
            &options.resume};
}

Result<void> check_restore_options(const Context& context, const RestoreOptions& options) {
    if (options.merge && options.replace_all)
        return fail(ErrorCode::usage, "--merge and --replace-all exclude each other");
    if (options.resume && (options.merge || options.replace_all))
        return fail(ErrorCode::usage, "--resume goes without --merge and --replace-all",
                    "it goes on as it was begun");
    if (!context.globals().nodes.empty())
        return fail(ErrorCode::usage, "--node is not for a restore", "it goes to the master, whichever node that is");
    if (!options.wait.empty()) TRY(parse_duration(options.wait));
    return {};
}

Result<backup::Named> backup_of(const topology::Picture& picture, const std::vector<backup::Named>& named) {
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

Result<ExitCode> restore_backup(Context& context, const RestoreOptions& options, const FetchBackup& fetch) {
    // The file may be long, and then Ctrl-C is an answer of ours.
    interrupt::install();
    return RestoreBackup(context, options, fetch).run();
}

}  // namespace redisctl
