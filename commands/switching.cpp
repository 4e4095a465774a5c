#include "commands/switching.h"

#include "commands/await_sentinels.h"
#include "commands/look.h"
#include "commands/one_instance.h"
#include "commands/operation.h"
#include "commands/operation_report.h"
#include "commands/plan_view.h"
#include "failover/candidates.h"
#include "failover/cast.h"
#include "failover/election.h"
#include "failover/emergency_checks.h"
#include "failover/planner.h"
#include "failover/pre_checks.h"
#include "failover/real_world.h"
#include "topology/home.h"
#include "topology/system.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

namespace {

using failover::Facts;
using failover::Mode;
using failover::Plan;
using failover::Wish;

Result<Wish> wish_of(const SwitchFlags& flags) {
    Wish wish;
    wish.promote = flags.promote;
    wish.avoid = flags.avoid;
    wish.from = flags.from;
    wish.engine = flags.engine;
    wish.overrides = flags.overrides;
    wish.accept_data_loss = flags.accept_data_loss;
    wish.delete_old_pod = flags.delete_old_pod;
    wish.probe = !flags.no_probe;
    wish.hold = flags.hold;
    wish.move_services = !flags.keep_services;
    wish.only_shown = flags.change.dry_run;
    if (!flags.handover_timeout.empty()) {
        TRY_ASSIGN(wish.timeout, parse_duration(flags.handover_timeout));
    }
    if (!flags.settle.empty()) {
        TRY_ASSIGN(wish.settle, parse_duration(flags.settle));
    }
    return wish;
}

// A master that answers and takes part is switched in peace; what a dead one leaves behind is another matter.
Mode mode_of(const Facts& facts) {
    const redis::NodeView* master = facts.view_of(facts.master);
    return master && master->role == redis::Role::master ? Mode::planned : Mode::emergency;
}

class Switch {
  public:
    Switch(Context& context, const SwitchFlags& flags, std::string command, Wish wish, const LargerChange& within)
        : context_(context), flags_(flags), wish_(std::move(wish)), within_(within), id_(failover::new_operation()) {
        result_.command = std::move(command);
    }

    Result<ExitCode> run(Emergency emergency, Destination destination) {
        const std::string name = within_.operation.empty() ? id_ : within_.operation;
        context_.begin_operation(name);
        TRY_ASSIGN(OneInstance one, one_instance(context_));
        result_.instance = one.facts.picture.name;
        result_.ns = one.facts.picture.ns;
        TRY(survey(context_, one, "redisctl:" + name, wish_));
        if (within_.lock != nullptr && one.facts.kubernetes) one.facts.kubernetes->lock_holder = std::string();
        failover::find_lost_master(one.facts);
        const Facts& facts = one.facts;
        result_.from = facts.master;
        if (const Error* denied = denied_everywhere(facts)) return fail(*denied);
        if (facts.picture.system == "spotahome-bootstrap")
            return refused(
                {ErrorCode::refused, fmt::format("{} is in bootstrap mode: its master is outside", result_.instance),
                 "the operator makes every node follow spec.bootstrapNode of the RedisFailover, and none is promoted",
                 "take bootstrapNode out of the RedisFailover: the operator then makes the oldest pod the master",
                 "BOOTSTRAP"});
        if (facts.master.empty())
            return refused({ErrorCode::refused,
                            fmt::format("it is not clear which node of {} is the master", result_.instance),
                            facts.why_no_master, topology::way_to_one_master(facts.picture.system), "NO_MASTER"});
        if (!wish_.from.empty() && wish_.from != facts.master)
            return refused({ErrorCode::refused, fmt::format("the master is {}, not {}", facts.master, wish_.from), "",
                            "redisctl status", "OTHER_MASTER"});
        if (destination == Destination::home) {
            TRY_ASSIGN(wish_.promote, home_of(facts));
        }
        result_.mode = mode_of(facts);
        wish_.through_services = context_.route() == "direct";
        result_.to = wish_.promote;
        if (wish_.promote == facts.master && result_.mode == Mode::planned)
            return end_early(context_, result_, std::nullopt);
        if (result_.mode == Mode::emergency && emergency == Emergency::refused)
            return refused({ErrorCode::refused, fmt::format("{} does not answer as a master", facts.master),
                            "a switchover needs a master that lives",
                            "redisctl failover --accept-data-loss, when it is really dead", "MASTER_DEAD"});
        if (facts.lost_role && wish_.promote == facts.master)
            return refused({ErrorCode::refused,
                            fmt::format("{} lost its role: it was restarted, and others may have more", facts.master),
                            "", "redisctl failover --dry-run", "OLD_MASTER"});
        if (result_.mode == Mode::emergency && back_already(facts)) {
            TRY(context_.loop().pause(Deadline::after(look_again_in)));
            return run(emergency, destination);
        }
        if (result_.mode == Mode::emergency && !wish_.waited)
            if (const std::optional<failover::Awaited> awaited = to_wait_for(facts))
                return after_sentinels(one, *awaited, emergency, destination);
        return decide(facts);
    }

  private:
    Result<ExitCode> refused(const Error& why) { return end_early(context_, result_, why); }

    // Who may ask nobody learns nothing of the master; that is no matter for heal.
    static const Error* denied_everywhere(const Facts& facts) {
        const auto denied = [](const failover::NodeFacts& node) {
            return !node.view && node.view.error().code == ErrorCode::forbidden;
        };
        if (facts.nodes.empty() || !std::all_of(facts.nodes.begin(), facts.nodes.end(), denied)) return nullptr;
        return &facts.nodes.front().view.error();
    }

    // A container that was restarted just now: the kubelet has not told it yet, so it was not asked, and Sentinels hear
    // it. Asked again it says itself what it is.
    bool back_already(const Facts& facts) {
        const failover::NodeFacts* master = facts.find(facts.master);
        if (master == nullptr || master->view || master->view.error().reason != "NOT_RUNNING" || looks_ >= most_looks)
            return false;
        for (const failover::Evidence& one : failover::hear_evidence(facts)) {
            const auto heard = [&](const failover::SentinelFacts& sentinel) { return sentinel.name == one.witness; };
            if (one.says_dead != failover::SaysDead::no) continue;
            if (std::none_of(facts.sentinels.begin(), facts.sentinels.end(), heard)) return false;
            looks_++;
            return true;
        }
        return false;
    }

    // Nobody says that the master lives, and its Sentinels are about to replace it.
    std::optional<failover::Awaited> to_wait_for(const Facts& facts) const {
        if (!failover::watched_by_sentinels(facts) || flags_.change.dry_run) return std::nullopt;
        for (const failover::Evidence& one : failover::hear_evidence(facts))
            if (one.says_dead == failover::SaysDead::no) return std::nullopt;
        return failover::outlook(facts).awaited;
    }

    Result<ExitCode> after_sentinels(OneInstance& one, const failover::Awaited& awaited, Emergency emergency,
                                     Destination destination) {
        TRY_ASSIGN(const Waited waited, await_sentinels(context_, one, awaited));
        wish_.waited = true;
        if (waited.master.empty()) {
            context_.output().note(fmt::format("they did nothing for {:.1f} s: {}",
                                               static_cast<double>(waited.took.count()) / 1000.0,
                                               failover::outlook(one.facts).idle));
            return run(emergency, destination);
        }
        result_.engine = "sentinel";
        result_.to = waited.master;
        if (!wish_.promote.empty() && wish_.promote != waited.master)
            return refused({ErrorCode::refused,
                            fmt::format("the Sentinels made {} the master, not {}", waited.master, wish_.promote), "",
                            "redisctl switchover --promote " + wish_.promote, "OTHER_MASTER"});
        context_.output().note(fmt::format("the Sentinels made {} the master, {:.1f} s after we came", waited.master,
                                           static_cast<double>(waited.took.count()) / 1000.0));
        result_.report.outcome = failover::Outcome::noop;
        result_.lost_reason = "the Sentinels switched; what the old master had acknowledged and not sent is unknown";
        return print_result(context_.output(), std::move(result_));
    }

    static Result<std::string> home_of(const Facts& facts) {
        std::string home = topology::home_pod(facts.instance, facts.picture.system);
        if (!home.empty()) return home;
        return fail(ErrorCode::refused, fmt::format("{} has no home pod", facts.picture.name),
                    fmt::format("its system is {}: no chart makes one of its pods the master at every start",
                                facts.picture.system));
    }

    // Where it can be had, because writers wait for a few milliseconds instead of being refused for 0.2 s, and a run
    // that is killed leaves nothing behind.
    void pick_coordination(const Facts& facts) {
        if (!wish_.engine.empty() || wish_.hold || !failover::speak_of_coordination(facts)) return;
        why_not_coordinated_ = failover::why_no_coordination(facts, result_.to, wish_);
        if (why_not_coordinated_.empty()) wish_.engine = "sentinel-coordinated";
    }

    Result<ExitCode> decide(const Facts& facts) {
        failover::Choice choice = failover::choose(facts, wish_, result_.mode);
        if (!choice.node) {
            if (choice.node.error().code == ErrorCode::not_found) return fail(choice.node.error());
            return refused(choice.node.error());
        }
        result_.to = *choice.node;
        if (result_.mode == Mode::emergency && wish_.promote.empty()) prefer_their_choice(facts, choice.scores);
        if (result_.mode == Mode::emergency && wish_.hold)
            return refused({ErrorCode::refused, "--hold is for a switch of a master that lives",
                            fmt::format("{} does not answer as a master, so it holds no writes", facts.master),
                            "leave --hold out", "HOLD"});
        if (result_.mode == Mode::planned) pick_coordination(facts);
        TRY_ASSIGN(std::vector<failover::Check> checks, result_.mode == Mode::planned
                                                            ? failover::pre_checks(facts, wish_, result_.to)
                                                            : failover::emergency_checks(facts, wish_, result_.to));
        Plan plan = plan_for(facts);
        plan.context = context_.kube_context();
        plan.checks = std::move(checks);
        plan.candidates = std::move(choice.scores);
        result_.engine = plan.engine;
        TRY(show_plan(context_.output(), plan, flags_.change.dry_run));
        for (const failover::Check& check : plan.checks)
            if (failover::refuses(check)) return refused(refused_by("the switch", plan.checks));
        if (flags_.change.dry_run) return ExitCode::ok;
        if (plan.mode == Mode::emergency && !wish_.accept_data_loss)
            return refused({ErrorCode::refused,
                            fmt::format("{} {}, and a failover can lose what it acknowledged last", facts.master,
                                        facts.lost_role ? "lost its role" : "is dead"),
                            plan.loss_reason, "redisctl failover --accept-data-loss", "DATA_LOSS"});
        Operation operation;
        operation.id = id_;
        operation.instance = &facts.instance;
        operation.must_name = plan.mode == Mode::emergency;
        operation.plan = std::move(plan);
        operation.flags = flags_.change;
        operation.lock = within_.lock;
        return run_operation(context_, std::move(operation));
    }

    // Of those that have the same data the one that a Sentinel takes by itself.
    void prefer_their_choice(const Facts& facts, const std::vector<failover::Score>& scores) {
        for (const failover::Election& one : failover::elections(facts))
            for (const failover::Score& score : scores)
                if (score.node == one.choice && score.eligible && score.points == scores.front().points) {
                    result_.to = one.choice;
                    return;
                }
    }

    Plan plan_for_emergency(const Facts& facts, failover::Cast cast) const {
        if (!cast.watch) return failover::plan_emergency(cast, wish_);
        const failover::Outlook seen = failover::outlook(facts);
        cast.watch->leader = failover::promoter_of(seen, result_.to);
        if (cast.watch->leader.empty()) {
            cast.notes.push_back("no Sentinel can promote " + result_.to + ": redisctl does, and names it to them");
            for (const failover::SentinelFacts& sentinel : facts.sentinels)
                if (!sentinel.word)
                    cast.notes.push_back(
                        fmt::format("{} does not answer: when it comes back with what it knows now, it "
                                    "can turn the others again; run redisctl failover once more then",
                                    sentinel.name));
            return failover::plan_emergency(cast, wish_);
        }
        cast.notes.push_back("the Sentinels do not do it by themselves: " + seen.idle);
        const auto leads = [&](const failover::Election& one) { return one.sentinel == cast.watch->leader; };
        const auto leader = std::find_if(seen.elections.begin(), seen.elections.end(), leads);
        cast.watch->keep_others_out = leader->choice != result_.to || leader->fresh_choice != result_.to ||
                                      (seen.quorum && seen.restless);
        return failover::plan_emergency_by_sentinel(cast, wish_);
    }

    Plan plan_for(const Facts& facts) const {
        failover::Cast cast = failover::cast_for(facts, result_.to);
        cast.command = result_.command;
        cast.operation = id_;
        if (!wish_.move_services) {
            cast.services.clear();
            cast.labels.clear();
            cast.notes.push_back("Services and labels are left as they are, as asked for");
        }
        if (result_.mode == Mode::emergency) return plan_for_emergency(facts, std::move(cast));
        if (cast.watch && wish_.engine == "sentinel-ahead") return failover::plan_sentinel_ahead(cast, wish_);
        if (cast.watch && wish_.engine == "sentinel-coordinated")
            return failover::plan_sentinel_coordinated(cast, wish_);
        if (cast.watch) {
            if (!why_not_coordinated_.empty()) cast.notes.push_back("COORDINATED is not used: " + why_not_coordinated_);
            return failover::plan_sentinel(cast, wish_);
        }
        const std::string why_not = failover::why_no_failover_command(facts, result_.to, wish_);
        if (wish_.engine == "fenced" || (wish_.engine.empty() && !why_not.empty())) {
            if (!why_not.empty()) cast.notes.push_back("FAILOVER is not used: " + why_not);
            return failover::plan_fenced(cast, wish_);
        }
        return failover::plan_failover_command(cast, wish_);
    }

    Context& context_;
    const SwitchFlags& flags_;
    Wish wish_;
    const LargerChange& within_;
    static constexpr Millis look_again_in{300};
    static constexpr int most_looks = 20;
    std::string id_, why_not_coordinated_;
    int looks_ = 0;
    OperationResult result_;
};

}  // namespace

std::vector<Option> switch_options(SwitchFlags& flags) {
    std::vector<Option> options{
        {"--avoid", "NODE", "Not this node, or nothing on k8s-node/NAME; may be repeated", &flags.avoid, {}, "node"},
        {"--from", "NODE", "Refuse unless this node is the master: a guard for scripts", &flags.from, {}, "node"},
        {"--engine",
         "ENGINE",
         "How: by FAILOVER, by a fence where FAILOVER cannot be used, by a Sentinel where Sentinels watch the master, "
         "by FAILOVER that a Sentinel of Valkey 9 coordinates, by FAILOVER ahead of the Sentinels, which are then "
         "told; "
         "the planner picks by default, never the last",
         &flags.engine,
         {"failover-command", "fenced", "sentinel", "sentinel-coordinated", "sentinel-ahead"}},
        {"--hold", "",
         "With engine sentinel: writes wait (CLIENT PAUSE, for at most --handover-timeout) and are not refused",
         &flags.hold},
        {"--override", "CHECK", "Go on although this check refuses; only some can be overridden; may be repeated",
         &flags.overrides},
        {"--handover-timeout", "DURATION", "Longest time that writes may wait, 3s by default", &flags.handover_timeout},
        {"--settle", "DURATION", "Wait after the endpoints moved, for the proxies of all k8s nodes, 1200ms by default",
         &flags.settle},
        {"--keep-services", "", "Do not touch Services and labels", &flags.keep_services},
        {"--no-probe", "", "Write no probe keys: the write outage is then not measured", &flags.no_probe}};
    for (Option& option : change_options(flags.change)) options.push_back(std::move(option));
    return options;
}

std::vector<Option> emergency_options(SwitchFlags& flags) {
    return {{"--accept-data-loss", "", "The master is dead: promote a replica although acknowledged writes can be lost",
             &flags.accept_data_loss},
            {"--delete-old-pod", "",
             "With --accept-data-loss: delete the dead master's pod first, so that a process that only hangs takes no "
             "write any more",
             &flags.delete_old_pod}};
}

Result<ExitCode> switch_master(Context& context, const SwitchFlags& flags, const std::string& command,
                               Emergency emergency, Destination destination, const LargerChange& within) {
    TRY_ASSIGN(Wish wish, wish_of(flags));
    if (wish.delete_old_pod && (!wish.accept_data_loss || context.globals().without_kubernetes()))
        return fail(ErrorCode::usage, "--delete-old-pod is for emergencies in Kubernetes",
                    wish.accept_data_loss ? "there are only hosts here" : "--accept-data-loss is not given");
    return Switch(context, flags, command, std::move(wish), within).run(emergency, destination);
}

}  // namespace redisctl
