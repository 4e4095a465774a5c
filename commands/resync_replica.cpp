#include "base/text.h"
#include "commands/change_flags.h"
#include "commands/one_instance.h"
#include "commands/operation.h"
#include "commands/operation_report.h"
#include "commands/plan_view.h"
#include "failover/diagnosis.h"
#include "failover/resync_planner.h"
#include "failover/survey_redis.h"
#include "topology/system.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using failover::Check;
using failover::Facts;
using failover::Plan;

struct Flags {
    ChangeFlags change;
    std::vector<std::string> node;
    bool full = false;
    std::string wait;
};

class ResyncReplica {
  public:
    ResyncReplica(Context& context, const Flags& flags)
        : context_(context), flags_(flags), id_(failover::new_operation()) {
        result_.command = "resync-replica";
        wish_.operation = id_;
        wish_.node = flags.node.front();
        wish_.full = flags.full;
    }

    Result<ExitCode> run() {
        if (!flags_.wait.empty()) {
            TRY_ASSIGN(wish_.patience, parse_duration(flags_.wait));
        }
        context_.begin_operation(id_);
        TRY_ASSIGN(OneInstance one, one_instance(context_));
        Facts& facts = one.facts;
        result_.instance = facts.picture.name;
        result_.ns = facts.picture.ns;
        result_.replica = wish_.node;
        TRY(survey(context_, one, "redisctl:" + id_));
        if (facts.find(wish_.node) == nullptr)
            return fail(ErrorCode::not_found, fmt::format("there is no node {}", wish_.node),
                        fmt::format("there are: {}", fmt::join(facts.names(), ", ")), "redisctl status");
        const std::vector<std::string> masters = failover::masters_of(facts);
        const std::string way_to_one = topology::way_to_one_master(facts.picture.system);
        if (std::find(masters.begin(), masters.end(), wish_.node) != masters.end())
            return refused({ErrorCode::refused, fmt::format("{} is a master", wish_.node),
                            "attached to another, it would give up all that it has",
                            masters.size() > 1         ? way_to_one
                            : facts.names().size() > 1 ? "redisctl failover"
                                                       : "",
                            "IS_MASTER"});
        if (masters.size() != 1)
            return refused({ErrorCode::refused,
                            fmt::format("it is not clear which node of {} is the master", result_.instance),
                            masters.empty() ? "no node that answers is one"
                                            : fmt::format("several are: {}", fmt::join(masters, ", ")),
                            way_to_one, "NO_MASTER"});
        facts.master = result_.to = masters.front();
        TRY(failover::survey_logins(context_.fleet(), facts, Deadline::after(Millis(5'000))));
        return decide(facts);
    }

  private:
    Result<ExitCode> refused(const Error& why) { return end_early(context_, result_, why); }

    Result<ExitCode> decide(const Facts& facts) {
        const std::vector<Check> checks = failover::resync_checks(facts, wish_);
        // Without an answer of its own there is nothing to plan with.
        if (facts.view_of(wish_.node) == nullptr) return refused(refused_by("the resync", checks));
        if (failover::attached(facts, wish_)) return end_early(context_, result_, std::nullopt);
        Plan plan = failover::plan_resync(facts, wish_);
        plan.context = context_.kube_context();
        plan.checks = checks;
        result_.mode = plan.mode;
        TRY(show_plan(context_.output(), plan, flags_.change.dry_run));
        if (std::any_of(checks.begin(), checks.end(), failover::refuses))
            return refused(refused_by("the resync", checks));
        if (flags_.change.dry_run) return ExitCode::ok;
        Operation operation;
        operation.id = id_;
        operation.instance = &facts.instance;
        operation.must_name = failover::gives_something_up(facts, wish_);
        operation.plan = std::move(plan);
        operation.flags = flags_.change;
        return run_operation(context_, std::move(operation));
    }

    Context& context_;
    const Flags& flags_;
    std::string id_;
    failover::ResyncWish wish_;
    OperationResult result_;
};

void bind(Spec& spec) {
    auto flags = std::make_shared<Flags>();
    spec.options = {{"--full", "", "Copy all data anew, also where the missing bytes would do", &flags->full},
                    {"--wait", "DURATION", "Longest time until the link is up, 10m by default", &flags->wait}};
    for (Option& option : change_options(flags->change)) spec.options.push_back(std::move(option));
    spec.positionals = {{"NODE", "The replica", &flags->node, true, false, "node"}};
    spec.examples = {"redisctl resync-replica redis-2", "redisctl resync-replica redis-2 --full --yes",
                     "redisctl resync-replica db2:6379 --host db1:6379 --dry-run"};
    spec.run = [flags](Context& context) { return ResyncReplica(context, *flags).run(); };
}

}  // namespace

extern const Command resync_replica_command{
    "resync-replica", Group::change, "Attach a replica to the master again, and wait until it has all its data",
    Uses::target,     {"resync"},    bind,
    "OperationResult"};

}  // namespace redisctl
