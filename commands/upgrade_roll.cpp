#include "commands/upgrade_roll.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "commands/consent.h"
#include "commands/operation_report.h"
#include "commands/switching.h"
#include "commands/unfinished.h"
#include "commands/upgrade_hold.h"
#include "commands/upgrade_state.h"
#include "commands/upgrade_wait.h"
#include "failover/guard.h"
#include "failover/guard_attach.h"
#include "failover/instance_lock.h"
#include "failover/journal.h"
#include "failover/real_world.h"
#include "kube/changes.h"
#include "topology/home.h"
#include "topology/system.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace redisctl {

namespace {

constexpr Millis one_request{10'000}, lock_kept{10'000}, look_again_in{300}, verified_in{30'000};
constexpr int64_t fewer_percent = 5;
constexpr Millis sentinels_hear_in{10'000};  // they ask INFO so often
constexpr int switch_tries = 3;

class Roll {
  public:
    Roll(Context& context, const failover::Plan& head, RollJob job, RollResult& result)
        : context_(context),
          head_(head),
          job_(std::move(job)),
          result_(result),
          report_(result.operation.report),
          steps_(context.output(), job_.id, report_.steps) {
        result_.record = job_.record ? job_.record->path : std::string();
    }

    void run() {
        const Result<void> done = locked();
        result_.sets = job_.sets;
        if (!done) report_.errors.push_back(done.error());
        report_.outcome = report_.errors.empty() ? failover::Outcome::done
                          : report_.changed      ? failover::Outcome::incomplete
                                                 : failover::Outcome::refused;
        report_.committed = report_.changed;
        if (auto journal = failover::Journal::create(context_.environment(), job_.id, head_)) {
            (void)journal->end({{"outcome", failover::outcome_name(report_.outcome)}});
            result_.operation.journal = journal->path();
        }
    }

  private:
    const fleet::Instance& instance() const { return result_.seen->found.inventory.instances.front(); }
    const topology::Picture& picture() const { return result_.seen->pictures.front(); }
    kube::Client& client() { return *context_.client(); }

    Result<void> locked() {
        TRY(none_unfinished(context_.environment(), head_));
        TRY(look_again());
        {
            failover::RealWorld world(context_.loop(), context_.fleet(), instance(), context_.client());
            TRY_ASSIGN(lock_, failover::lock_instance(world, context_.environment(), context_.client(), head_, job_.id,
                                                      takeover_of_dead(context_.environment(), context_.output())));
        }
        // There is nothing to resume: the same is done again, and knows from the notes on the StatefulSets.
        lock_->note("");
        const Result<void> done = [&] {
            // The first Ctrl-C stops when the pod that is away is back: it may come back as a second master, or as
            // somebody else's replica. The second leaves at once.
            const interrupt::Patience patience(2);
            return all_steps();
        }();
        // Also after Ctrl-C: a lock that is left is in the way for a minute.
        const interrupt::Patience patience(3);
        lock_.reset();
        return done;
    }

    Result<void> all_steps() {
        if (job_.is_new) TRY(steps_.run("save-state", "", [&] { return save(); }));
        TRY(may_go_on("set the image"));
        TRY(steps_.run("hold", "", [&] { return hold(); }));
        for (;;) {
            TRY(steady());
            const std::vector<std::string> left = still_to_come();
            if (left.empty()) break;
            const auto replica = std::find_if(left.begin(), left.end(),
                                              [&](const std::string& node) { return node != picture().master; });
            if (replica == left.end()) {
                TRY(switch_away(left.front()));
                continue;
            }
            const std::string node = *replica;
            TRY(may_go_on("replace " + node));
            TRY(steps_.run("replace-" + node, node, [&] { return replace(node); }));
        }
        if (!unfinished_ && !home_.empty() && picture().master != home_) {
            TRY(may_go_on("return home to " + home_));
            TRY(switch_to(home_));
        }
        TRY(steps_.run("give-back", "", [&] { return release(); }));
        TRY(steps_.run("verify", "", [&] { return verify(); }));
        return unfinished_ ? Result<void>(fail(*unfinished_)) : Result<void>{};
    }

    Result<void> save() {
        TRY_ASSIGN(result_.record, save_record(context_.environment(), *job_.record));
        job_.record->path = result_.record;
        return {};
    }

    Result<void> hold() {
        const Result<void> done = hold_sets(client(), job_.sets, result_.held);
        report_.changed = report_.changed || result_.held;
        return done;
    }

    // The pods that are not of the newest revision, highest ordinal first, the ones that are not Ready before those.
    std::vector<std::string> still_to_come() const {
        std::vector<const fleet::Node*> nodes;
        for (const fleet::Node& node : instance().nodes)
            if (const kube::Pod* pod = pod_of(instance(), node.name); pod && !is_upgraded(job_.sets, *pod))
                nodes.push_back(&node);
        std::stable_sort(nodes.begin(), nodes.end(), [&](const fleet::Node* a, const fleet::Node* b) {
            const bool a_ready = pod_of(instance(), a->name)->ready, b_ready = pod_of(instance(), b->name)->ready;
            return a_ready != b_ready ? !a_ready : natural_less(b->name, a->name);
        });
        std::vector<std::string> names;
        for (const fleet::Node* node : nodes) names.push_back(node->name);
        return names;
    }

    Result<void> look_again() {
        TRY_ASSIGN(Look look, look_at_one(context_, "a change is about one"));
        result_.seen = std::move(look);
        return read_again(client(), job_.sets);
    }

    // Until `missing` has nothing to say any more; `what` is a sentence that is true until then. Looks that fail are told when the time is over.
    Result<void> wait_until(const std::string& what, const std::function<std::string()>& missing) {
        const Deadline end = Deadline::after(job_.patience);
        for (;;) {
            if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted: " + what);
            TRY(lock_->keep(lock_kept));
            const Result<void> looked = look_again();
            std::string lack;
            if (looked) {
                attach_second_masters();
                lack = missing();
                if (lack.empty()) return {};
            } else if (looked.error().code != ErrorCode::interrupted) {
                lack = looked.error().message;
            }
            if (end.passed())
                return fail(Error{ErrorCode::timeout,
                                  fmt::format("{} after {} s", what, job_.patience.count() / 1000), lack, "",
                                  "NOT_CAUGHT_UP"});
            if (lack != told_ && !lack.empty()) context_.output().progress(lack);
            told_ = lack;
            if (interrupt::count() > 0 && !std::exchange(said_when_, true))
                context_.output().note("it stops when all that were replaced have caught up; Ctrl-C again leaves now");
            (void)context_.loop().pause(Deadline::after(look_again_in));
        }
    }

    // Before anybody is replaced: the controller knows the new template, and those that are through are as they should.
    Result<void> steady() {
        return wait_until("not all pods that were replaced are caught-up replicas", [&]() -> std::string {
            for (const UpgradedSet& set : job_.sets)
                if (!set.rollout.seen())
                    return fmt::format("the controller has not seen the change of {}", set.rollout.set.meta.name);
            if (picture().master.empty()) return "it is not clear who the master is";
            size_t wanted = 0;
            for (const UpgradedSet& set : job_.sets) wanted += static_cast<size_t>(set.rollout.set.replicas);
            if (instance().nodes.size() < wanted)
                return fmt::format("{} of {} pods are there", instance().nodes.size(), wanted);
            const std::vector<std::string> left = still_to_come();
            for (const fleet::Node& node : instance().nodes) {
                if (node.name == picture().master || std::ranges::find(left, node.name) != left.end()) continue;
                if (std::string lack = missing_of(instance(), picture(), job_.sets, {node.name, {}}, job_.max_lag);
                    !lack.empty()) return lack;
            }
            return critical_findings(picture(), left);
        });
    }

    Result<void> replace(const std::string& node) {
        const std::string uid = pod_of(instance(), node)->meta.uid, pod = pod_of(instance(), node)->meta.name;
        TRY(lock_->keep(lock_kept));
        const auto deleted = kube::delete_pod(client(), instance().ns, pod, uid, Deadline::after(one_request),
                                              kube::Grace::own);
        if (!deleted && deleted.error().code != ErrorCode::not_found) return fail(deleted.error());
        std::vector<std::string> left = still_to_come();
        std::erase(left, node);
        return wait_until(node + " is no caught-up replica", [&] {
            std::string lack = missing_of(instance(), picture(), job_.sets, {node, uid}, job_.max_lag);
            return lack.empty() ? critical_findings(picture(), left) : lack;
        });
    }

    // Charts that give out roles at every start make one of their pods a second master when it comes back while the
    // master is away from it, and others follow it: they follow the master again, as `guard` would see to.
    void attach_second_masters() {
        if (topology::decided_elsewhere(picture().system)) return;
        const std::string home = topology::home_pod(instance(), picture().system);
        if (!home.empty()) home_ = home;
        guard_.see(instance(), picture(), {});
        const auto writes = failover::ask_own_writes(context_.fleet(), instance(), guard_.suspects());
        for (const failover::Judgement::Attach& one : guard_.judge(writes).attach) {
            if (!one.was_master && home.empty()) continue;
            const Result<void> attached = steps_.run("attach-" + one.node, one.node, [&] {
                return failover::attach(context_.fleet(), instance(), guard_, one);
            });
            // No chart is known to say so, and yet it starts as the master: it would do so again.
            if (attached && one.was_master && home_.empty()) home_ = one.node;
        }
    }

    Result<void> switch_away(const std::string& master) {
        TRY(may_go_on("switch away from " + master));
        return switch_to("");
    }

    Result<void> switch_to(const std::string& node) {
        SwitchFlags flags;
        flags.promote = node;
        flags.from = picture().master;
        flags.change.yes = true;
        flags.overrides = job_.overrides;
        const LargerChange within{job_.id, lock_.get()};
        ExitCode code = ExitCode::ok;
        for (int tries = 1;; tries++) {
            TRY_ASSIGN(code, switch_master(context_, flags, "switchover", Emergency::refused,
                                           Destination::as_flags_say, within));
            if (!is_too_early(code) || tries == switch_tries || interrupt::count() > 0) break;
            context_.output().note(fmt::format("the Sentinels may not have heard yet who came back: the switch is tried "
                                               "again in {} s",
                                               sentinels_hear_in.count() / 1000));
            TRY(lock_->keep(sentinels_hear_in + lock_kept));
            TRY(context_.loop().pause(Deadline::after(sentinels_hear_in)));
        }
        if (code != ExitCode::ok && code != ExitCode::incomplete)
            return fail(Error{ErrorCode::conflict, fmt::format("the switch away from {} did not end well", flags.from),
                              fmt::format("it ended with exit code {}, and said why", static_cast<int>(code)), "",
                              "SWITCH"});
        TRY(wait_until("nobody is seen as the new master", [&]() -> std::string {
            return picture().master.empty() || picture().master == flags.from ? "it is not clear who the master is"
                                                                              : std::string();
        }));
        if (code == ExitCode::ok) return {};
        // An old master that needs a full resync cannot load what the newer one sends. It goes next, and then it can.
        unfinished_ = Error{ErrorCode::conflict, fmt::format("the switch to {} is not finished", picture().master),
                            fmt::format("{} did not follow it before its pod was replaced", flags.from),
                            fmt::format("redisctl resume -n {} --instance {}", instance().ns, instance().name),
                            "SWITCH_UNFINISHED"};
        return {};
    }

    // A Sentinel promotes none of which it has not heard since it came back, and says so only when it is told to.
    bool is_too_early(ExitCode code) const {
        return !picture().sentinels.empty() && (code == ExitCode::rolled_back || code == ExitCode::refused);
    }

    Result<void> release() {
        TRY(release_sets(client(), job_.sets));
        result_.held = false;
        return {};
    }

    Result<void> verify() {
        const Deadline end = Deadline::after(verified_in);
        for (;;) {
            TRY(look_again());
            const UpgradeState now = upgrade_states(context_, *result_.seen).front();
            result_.gates = gates_of_any_time(picture(), now, job_.max_lag);
            if (job_.record)
                for (Gate& gate : gates_since(picture(), job_.record->before, now, fewer_percent))
                    result_.gates.push_back(std::move(gate));
            const auto closed = std::find_if(result_.gates.begin(), result_.gates.end(),
                                             [](const Gate& gate) { return !gate.ok; });
            if (closed == result_.gates.end()) return {};
            if (end.passed())
                return fail(Error{ErrorCode::conflict, fmt::format("{} is not as it must be: {}", closed->name,
                                                                   closed->value),
                                  closed->limit, closed->hint, "GATE_CLOSED"});
            TRY(lock_->keep(lock_kept));
            TRY(context_.loop().pause(Deadline::after(look_again_in)));
        }
    }

    Result<void> may_go_on(const std::string& what) {
        if (interrupt::count() > 0) return fail(ErrorCode::interrupted, "stopped before: " + what);
        if (!job_.flags.step) return {};
        TRY_ASSIGN(const bool yes, ask_yes_no(what + "\ngo on?", "--step needs a terminal"));
        if (!yes) return fail(Error{ErrorCode::refused, "stopped before: " + what, "", "", "NOT_CONFIRMED"});
        return {};
    }

    Context& context_;
    const failover::Plan& head_;
    RollJob job_;
    RollResult& result_;
    failover::Report& report_;
    ToldSteps steps_;
    std::unique_ptr<failover::Lock> lock_;
    failover::Guard guard_;
    std::string home_, told_;
    bool said_when_ = false;
    std::optional<Error> unfinished_;  // a switch that left something to resume
};

}  // namespace

void run_roll(Context& context, const failover::Plan& head, RollJob job, RollResult& result) {
    Roll(context, head, std::move(job), result).run();
}

}  // namespace redisctl
