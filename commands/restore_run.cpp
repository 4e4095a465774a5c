#include "commands/restore_run.h"

#include "backup/manifest.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/backup_save.h"
#include "commands/backup_source.h"
#include "commands/operation_report.h"
#include "commands/unfinished.h"
#include "failover/instance_lock.h"
#include "failover/journal.h"
#include "failover/real_world.h"
#include "redis/reply_error.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <optional>

namespace redisctl {

namespace {

constexpr Millis flushed_in{30'000}, lock_kept{10'000}, between_notes{1'000};

class Restoring {
  public:
    Restoring(Context& context, const RestoreJob& job, RestoreResult& result)
        : context_(context),
          job_(job),
          result_(result),
          report_(result.operation.report),
          steps_(context.output(), job.id, report_.steps) {}

    void run(const failover::Plan& plan) {
        if (Result<void> done = locked(plan); !done) {
            Error error = std::move(done).error();
            if (report_.changed || job_.going_on) lead_on(error);
            report_.errors.push_back(std::move(error));
            report_.outcome = report_.changed ? failover::Outcome::incomplete : failover::Outcome::refused;
            return;
        }
        report_.outcome = report_.errors.empty() ? failover::Outcome::done : failover::Outcome::incomplete;
    }

  private:
    Result<void> locked(const failover::Plan& plan) {
        TRY(none_unfinished(context_.environment(), plan));
        failover::RealWorld world(context_.loop(), context_.fleet(), *job_.instance, context_.client());
        failover::Takeover takeover = takeover_of_dead(context_.environment(), context_.output());
        if (job_.stopped) takeover.dead.insert(job_.stopped->holders.begin(), job_.stopped->holders.end());
        TRY_ASSIGN(std::unique_ptr<failover::Lock> lock,
                   failover::lock_instance(world, context_.environment(), context_.client(), plan, job_.id, takeover));
        lock_ = lock.get();
        // It has borrowed nothing: killed, it is in nobody's way when its lock has run out.
        lock_->note("");
        Result<void> done = open_journal(plan);
        if (done) done = all_steps();
        {
            // Also after Ctrl-C: a lock that is left is in the way for a minute.
            const interrupt::Patience patience(3);
            lock.reset();
        }
        if (journal_) {
            const bool refused = !done && !report_.changed && !job_.stopped;
            (void)journal_->end({{"outcome", done && report_.errors.empty() ? "done"
                                             : refused                      ? "refused"
                                                                            : "incomplete"}});
        }
        return done;
    }

    // A restore goes without one too, where nothing can be written: it gives nothing back that stands only there.
    Result<void> open_journal(const failover::Plan& plan) {
        Result<failover::Journal> opened =
            job_.stopped ? failover::Journal::reopen(context_.environment(), job_.stopped->journal, job_.id)
                         : failover::Journal::create(context_.environment(), job_.id, plan, job_.goes_on_by);
        if (!opened && (job_.stopped || opened.error().reason == "LOCKED")) return fail(opened.error());
        if (!opened) {
            Error warning = std::move(opened).error();
            warning.message += ": when this restore is stopped, it cannot be gone on with";
            report_.warnings.push_back(std::move(warning));
            return {};
        }
        journal_ = std::move(*opened);
        result_.operation.journal = journal_->path();
        const bool same_process = job_.going_on && job_.stopped->goes_on_in(*job_.target);
        if (!same_process) TRY(note_begin(*journal_, *job_.file, *job_.target, job_.mode, job_.master->name));
        return {};
    }

    // What can be pasted to go on. What is missing though all was sent is not missing because of its place.
    void lead_on(Error& error) {
        const bool whole = result_.replayed.place == places_in(*job_.file);
        if (!journal_ && !job_.stopped) return;
        const std::string& line = whole && error.reason == "KEYS_MISSING" ? job_.again : job_.goes_on_by;
        error.hint = error.hint.empty() ? line : fmt::format("{}, then {}", error.hint, line);
        if (&line == &job_.goes_on_by) result_.goes_on_by = line;
    }

    Result<void> all_steps() {
        TRY(as_it_was());
        if (!job_.going_on) {
            if (job_.safety_backup && sum_of(job_.target->keys) > 0)
                TRY(step("safety-backup", [&] { return save_what_is_there(); }));
            if (job_.mode == RestoreMode::replace_all) TRY(step("empty", [&] { return empty(); }));
        }
        TRY(step("replay", [&] { return send_all(); }));
        return step("compare", [&] { return compare(); });
    }

    // Between the look and the consent somebody may have thought for long.
    Result<void> as_it_was() {
        Result<Holding> now = std::move(ask_holdings(context_, {job_.master}).front());
        TRY(now);
        if (now->view.run_id != job_.target->run_id || now->view.role != redis::Role::master)
            return fail(Error{ErrorCode::refused, fmt::format("{} is not what it was", job_.master->name),
                              "it was restarted, or is no master any more",
                              job_.going_on ? "" : "run it again", "ROLE_CHANGED"});
        if (!job_.going_on && job_.mode == RestoreMode::into_empty && sum_of(now->keys) > 0)
            return fail(Error{ErrorCode::refused, fmt::format("{} is not empty any more", job_.master->name),
                              fmt::format("it has {} keys by now", sum_of(now->keys)), "--merge or --replace-all",
                              "NOT_EMPTY"});
        return {};
    }

    Result<void> save_what_is_there() {
        TRY_ASSIGN(const NodeNames all, NodeNames::among(job_.seen->found, {}));
        TRY_ASSIGN(const BackupSource source,
                   choose_source(*job_.instance, *job_.picture, all, false, BackupFrom::best));
        SaveSettings settings;
        settings.dir = job_.safety_dir;
        settings.id = backup::new_id();
        TRY_ASSIGN(const Saved saved, save_rdb(context_, *job_.instance, source, settings));
        result_.safety_backup = saved.path;
        return journal_ ? note_safety_backup(*journal_, saved.path, job_.undone_by(saved.path)) : Result<void>{};
    }

    Result<void> empty() {
        if (journal_) TRY(journal_->intend("empty"));
        fleet::Call call{job_.master, {{"FLUSHALL", "ASYNC"}}};
        if (job_.target->functions && !job_.target->functions->empty()) call.requests.push_back({"FUNCTION", "FLUSH"});
        const fleet::Outcome outcome =
            std::move(context_.fleet().exec(std::span(&call, 1), Deadline::after(flushed_in)).front());
        // It may have arrived.
        if (!outcome.replies) report_.changed = true;
        TRY(outcome.replies);
        for (size_t i = 0; i < outcome.replies->size(); i++) {
            const redis::Value& reply = (*outcome.replies)[i];
            if (reply.is_error()) return fail(redis::reply_error(reply, call.requests[i].front()));
            report_.changed = true;
        }
        return journal_ ? note_emptied(*journal_) : Result<void>{};
    }

    Result<void> send_all() {
        ReplayTask task;
        task.master = job_.master;
        task.run_id = job_.target->run_id;
        task.clock_ahead_ms = job_.target->clock_ahead_ms;
        task.file = job_.file;
        task.keep_going = [&] { return lock_->keep(lock_kept); };
        Deadline note_at = Deadline::after(between_notes);
        task.acknowledged = [&] {
            if (!note_at.passed()) return;
            note();
            note_at = Deadline::after(between_notes);
        };
        if (journal_) TRY(journal_->intend("replay"));
        result_.begun = true;
        const Replayed& replayed = result_.replayed;
        const uint64_t behind = replayed.place;
        const Result<void> done = replay(context_, task, result_.replayed);
        note();
        const bool unsure =
            !done && (done.error().code == ErrorCode::unreachable || done.error().code == ErrorCode::timeout);
        report_.changed = report_.changed || unsure || replayed.place > behind;
        if (!done) {
            Error error = done.error();
            if (error.code == ErrorCode::interrupted) error.message = "stopped before all keys were restored";
            const std::string so_far =
                fmt::format("{} of {} keys were restored", replayed.keys(), job_.file->facts.keys());
            error.cause += (error.cause.empty() ? "" : "; ") + so_far;
            return fail(std::move(error));
        }
        if (replayed.refused > 0)
            report_.errors.push_back(
                Error{ErrorCode::server,
                      fmt::format("{} would not take {} of what the file holds", job_.master->name, replayed.refused),
                      replayed.refusals.front(), "", "REFUSED_KEYS"});
        return {};
    }

    // A place that cannot be written is one that is further ahead than the journal says: then keys are sent again.
    void note() {
        if (journal_) (void)note_place(*journal_, *job_.file, result_.replayed);
    }

    Result<void> compare() {
        std::vector<const fleet::Node*> replicas;
        for (const topology::NodePicture& picture : job_.picture->nodes) {
            if (picture.name == job_.master->name || picture.master_node != job_.master->name) continue;
            const auto node = std::find_if(job_.instance->nodes.begin(), job_.instance->nodes.end(),
                                           [&](const fleet::Node& one) { return one.name == picture.name; });
            if (node != job_.instance->nodes.end()) replicas.push_back(&*node);
        }
        result_.compared = compare_restored(context_, *job_.master, replicas, *job_.target, result_.replayed, job_.mode,
                                            job_.patience);
        for (const Error& warning : result_.compared->warnings) report_.warnings.push_back(warning);
        return result_.compared->error ? Result<void>(fail(*result_.compared->error)) : Result<void>{};
    }

    Result<void> step(const std::string& id, const std::function<Result<void>()>& act) {
        return steps_.run(id, job_.master->name, act);
    }

    Context& context_;
    const RestoreJob& job_;
    RestoreResult& result_;
    failover::Report& report_;
    ToldSteps steps_;
    failover::Lock* lock_ = nullptr;
    std::optional<failover::Journal> journal_;
};

}  // namespace

void run_restore(Context& context, const RestoreJob& job, const failover::Plan& plan, RestoreResult& result) {
    Restoring(context, job, result).run(plan);
}

}  // namespace redisctl
