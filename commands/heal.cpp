#include "base/text.h"
#include "commands/change_flags.h"
#include "commands/one_instance.h"
#include "commands/operation.h"
#include "commands/operation_report.h"
#include "commands/plan_view.h"
#include "failover/cast.h"
#include "failover/diagnosis.h"
#include "failover/heal_planner.h"
#include "failover/real_world.h"
#include "failover/survey_redis.h"
#include "redis/info_fields.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using failover::Diagnosis;
using failover::Facts;
using failover::Hearsay;
using failover::Plan;

struct Flags {
    ChangeFlags change;
    bool apply = false, no_probe = false;
    std::string keep, max_saved, read_timeout, wait;
};

class Heal {
  public:
    Heal(Context& context, const Flags& flags) : context_(context), flags_(flags), id_(failover::new_operation()) {
        result_.command = "heal";
    }

    Result<ExitCode> run() {
        TRY(read_flags());
        context_.begin_operation(id_);
        TRY_ASSIGN(OneInstance one, one_instance(context_));
        Facts& facts = one.facts;
        result_.instance = facts.picture.name;
        result_.ns = facts.picture.ns;
        TRY(survey(context_, one, "redisctl:" + id_));
        failover::RealWorld world(context_.loop(), context_.fleet(), facts.instance, context_.client());
        TRY_ASSIGN(const Hearsay hearsay, hear(world, facts));
        Diagnosis diagnosis = failover::diagnose(facts, hearsay);
        if (!diagnosis.survivor.empty()) {
            facts.master = diagnosis.survivor;
            TRY(failover::survey_logins(context_.fleet(), facts, Deadline::after(Millis(5'000))));
            failover::check_logins(facts, diagnosis);
            look_at_routes(facts, diagnosis);
        }
        result_.to = diagnosis.survivor;
        if (diagnosis.healthy()) return end_early(context_, result_, std::nullopt);
        Plan plan = failover::plan_heal(facts, diagnosis, wish_);
        plan.context = context_.kube_context();
        result_.mode = plan.mode;
        TRY(show_plan(context_.output(), plan, !flags_.apply));
        if (!flags_.apply) {
            TRY(tell_how(diagnosis));
            return ExitCode::bad_answer;
        }
        if (!diagnosis.checks.empty()) return end_early(context_, result_, refused_by("heal", diagnosis.checks));
        Operation operation;
        operation.id = id_;
        operation.instance = &facts.instance;
        operation.must_name = diagnosis.loses();
        operation.supersedes = superseded_;
        operation.plan = std::move(plan);
        operation.flags = flags_.change;
        return run_operation(context_, std::move(operation));
    }

  private:
    Result<void> read_flags() {
        if (flags_.apply && flags_.change.dry_run)
            return fail(ErrorCode::usage, "--apply and --dry-run contradict each other");
        wish_.operation = id_;
        wish_.folder = failover::journal_folder(context_.environment());
        wish_.probe = !flags_.no_probe;
        if (!flags_.max_saved.empty()) {
            TRY_ASSIGN(wish_.limits.bytes, parse_bytes(flags_.max_saved));
        }
        if (!flags_.read_timeout.empty()) {
            TRY_ASSIGN(wish_.limits.time, parse_duration(flags_.read_timeout));
        }
        if (!flags_.wait.empty()) {
            TRY_ASSIGN(wish_.patience, parse_duration(flags_.wait));
        }
        return {};
    }

    Result<Hearsay> hear(failover::World& world, const Facts& facts) {
        Hearsay hearsay;
        hearsay.keep = flags_.keep;
        const std::vector<std::string> masters = failover::masters_of(facts);
        if (!flags_.keep.empty() && facts.find(flags_.keep) == nullptr)
            return fail(ErrorCode::not_found, fmt::format("there is no node {}", flags_.keep), {}, "redisctl status");
        for (const std::string& one : masters)
            for (const std::string& other : masters) {
                if (one == other) continue;
                TRY_ASSIGN(hearsay.unshared.emplace_back(), failover::read_unshared(world, one, other, wish_.limits));
            }
        std::vector<Error> unreadable;
        for (failover::Recorded& recorded : failover::read_journals(context_.environment(), unreadable)) {
            const Plan& plan = recorded.plan;
            if (plan.instance != facts.picture.name || plan.ns != facts.picture.ns) continue;
            if (!recorded.ended && both_masters(masters, plan)) {
                superseded_.push_back(recorded);
                recorded.ended = true;
            }
            hearsay.journals.push_back(std::move(recorded));
        }
        TRY_ASSIGN(hearsay.paused, paused_among(world, facts, masters));
        return hearsay;
    }

    // Such an operation cannot be resumed: which of the two is right is not for it to say.
    static bool both_masters(const std::vector<std::string>& masters, const Plan& plan) {
        const auto has = [&](const std::string& name) {
            return std::find(masters.begin(), masters.end(), name) != masters.end();
        };
        return plan.from != plan.to && has(plan.from) && has(plan.to);
    }

    // Only Valkey tells (INFO clients). Elsewhere a write that is queued and then discarded hangs like any other, and
    // changes nothing (redis src/server.c processCommand).
    static Result<std::vector<std::string>> paused_among(failover::World& world, const Facts& facts,
                                                         const std::vector<std::string>& masters) {
        std::vector<std::string> paused;
        std::vector<failover::Ask> asks;
        for (const std::string& name : masters) {
            const failover::NodeFacts& node = *facts.find(name);
            const std::string reason = redis::text_of(node.info, "paused_reason");
            if (!reason.empty()) {
                if (reason != "none") paused.push_back(name);
                continue;
            }
            if (failover::at_least(node.view->version, "6.2") != true || node.view->loading == true) continue;
            asks.push_back({name, {{"MULTI"}, {"SET", "redisctl:probe:paused", "1"}, {"DISCARD"}}});
        }
        if (asks.empty()) return paused;
        const std::vector<failover::Answer> answers = world.ask(asks, Deadline::after(Millis(1'000)));
        for (size_t i = 0; i < answers.size(); i++) {
            if (answers[i]) continue;
            if (answers[i].error().code == ErrorCode::interrupted) return fail(answers[i].error());
            if (answers[i].error().reason == "NO_ANSWER") paused.push_back(asks[i].node);
        }
        return paused;
    }

    // A Service or a label that leads elsewhere is a trouble of its own.
    static void look_at_routes(const Facts& facts, Diagnosis& diagnosis) {
        const failover::Plan plan = failover::plan_heal(facts, diagnosis, {});
        for (const failover::Step& step : plan.steps) {
            if (const auto* patch = std::get_if<failover::PatchSelector>(&step.action))
                diagnosis.troubles.push_back(
                    fmt::format("Service {} does not lead to {}", patch->service, diagnosis.survivor));
            if (const auto* annotate = std::get_if<failover::Annotate>(&step.action);
                annotate && annotate->values.begin()->second.empty())
                diagnosis.troubles.push_back(
                    fmt::format("Service {} says that the master is away from home, and it is not", annotate->service));
            if (const auto* label = std::get_if<failover::PatchLabel>(&step.action);
                label && step.id.starts_with("unlabel"))
                diagnosis.troubles.push_back(fmt::format("pod {} is labelled {}={} and is not to be the master",
                                                         label->pod, label->key, label->from));
        }
    }

    Result<void> tell_how(const Diagnosis& diagnosis) {
        output::Output& output = context_.output();
        const output::Format format = output.settings().format;
        if (output::is_document(format) || format == output::Format::name) return {};
        if (!diagnosis.checks.empty())
            return output.write(fmt::format("nothing was changed; in the way: {}\n", diagnosis.checks.front().hint));
        return output.write(fmt::format("nothing was changed; to do it: the same with --apply{}\n",
                                        diagnosis.loses() ? " --confirm " + result_.instance : ""));
    }

    Context& context_;
    const Flags& flags_;
    std::string id_;
    failover::HealWish wish_;
    std::vector<failover::Recorded> superseded_;
    OperationResult result_;
};

void bind(Spec& spec) {
    auto flags = std::make_shared<Flags>();
    spec.options = {
        {"--apply", "", "Do it; without this the plan is shown and nothing is changed", &flags->apply},
        {"--keep",
         "NODE",
         "Which node is the master afterwards, where each has writes that the other lacks",
         &flags->keep,
         {},
         "node"},
        {"--max-saved", "SIZE", "Read and save at most this much of what a master wrote for itself, 64MiB by default",
         &flags->max_saved},
        {"--read-timeout", "DURATION", "Longest time to read that, 60s by default", &flags->read_timeout},
        {"--wait", "DURATION", "Longest time until the replicas have everything, 60s by default", &flags->wait},
        {"--no-probe", "", "Write no probe key at the end", &flags->no_probe}};
    for (Option& option : change_options(flags->change)) spec.options.push_back(std::move(option));
    spec.examples = {"redisctl heal", "redisctl heal --apply", "redisctl heal --apply --keep redis-1 --confirm redis",
                     "redisctl heal --host db1:6379 --host db2:6379 --json"};
    spec.run = [flags](Context& context) { return Heal(context, *flags).run(); };
}

}  // namespace

extern const Command heal_command{"heal",
                                  Group::change,
                                  "Bring a system with two masters, none, or replicas astray back to one master",
                                  Uses::target,
                                  {},
                                  bind,
                                  "OperationResult"};

}  // namespace redisctl
