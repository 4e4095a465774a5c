#include "base/text.h"
#include "commands/change_flags.h"
#include "commands/operation.h"
#include "commands/operation_report.h"
#include "commands/plan_view.h"
#include "commands/sentinel_look.h"
#include "failover/real_world.h"
#include "failover/sentinel_reset.h"
#include "failover/sentinel_sync.h"
#include "redis/command_facts.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

using failover::Check;
using failover::CouncilFacts;
using failover::Plan;

struct Flags {
    ChangeFlags change;
    std::vector<std::string> sentinels, overrides;
    std::string wait;
};

// What both changes have around their own checks and plan.
class SentinelChange {
  public:
    SentinelChange(Context& context, const Flags& flags, const char* command)
        : context_(context), flags_(flags), id_(failover::new_operation()) {
        result_.command = command;
    }

    Result<CouncilFacts> look() {
        context_.begin_operation(id_);
        TRY_ASSIGN(seen_, look_at_sentinels(context_));
        const auto& instances = seen_.look.found.inventory.instances;
        if (instances.size() != 1) {
            std::vector<std::string> names;
            for (const fleet::Instance& instance : instances) names.push_back(instance.full_name());
            return fail(
                ErrorCode::not_found,
                fmt::format("there are {} instances with Sentinels, and a change is about one", instances.size()),
                fmt::format("there are: {}", fmt::join(names, ", ")),
                fmt::format("--instance {}", instances.front().name));
        }
        CouncilFacts facts{seen_.look.pictures.front(), seen_.councils.front()};
        if (std::none_of(facts.picture.sentinels.begin(), facts.picture.sentinels.end(),
                         [](const auto& sentinel) { return sentinel.view.has_value(); }))
            return fail(*facts.picture.sentinels.front().error);
        // What they remember is not known, and nothing is changed there.
        for (const auto& sentinel : facts.picture.sentinels)
            if (sentinel.error)
                result_.report.warnings.push_back(
                    Error{sentinel.error->code, fmt::format("{} is left as it is: it does not answer", sentinel.name),
                          sentinel.error->message, sentinel.error->hint, std::string(sentinel.error->name())});
        result_.instance = facts.picture.name;
        result_.ns = facts.picture.ns;
        for (const std::string& name : flags_.sentinels)
            if (!facts.index_of(name)) {
                std::vector<std::string> names;
                for (const auto& sentinel : facts.picture.sentinels) names.push_back(sentinel.name);
                return fail(ErrorCode::not_found, fmt::format("there is no Sentinel {}", printable(name)),
                            fmt::format("there are: {}", fmt::join(names, ", ")), "redisctl sentinel");
            }
        return facts;
    }

    const fleet::Instance& instance() const { return seen_.look.found.inventory.instances.front(); }

    Result<ExitCode> nothing_to_do() { return end_early(context_, result_, std::nullopt); }

    Result<ExitCode> carry_out(Plan plan, std::vector<Check> checks) {
        plan.context = context_.kube_context();
        plan.checks = std::move(checks);
        for (const Error& warning : result_.report.warnings) plan.notes.push_back(warning.message);
        TRY(show_plan(context_.output(), plan, flags_.change.dry_run));
        if (std::any_of(plan.checks.begin(), plan.checks.end(), failover::refuses))
            return end_early(context_, result_, refused_by(plan.command, plan.checks));
        if (flags_.change.dry_run) return ExitCode::ok;
        Operation operation;
        operation.id = id_;
        operation.instance = &instance();
        operation.plan = std::move(plan);
        operation.flags = flags_.change;
        return run_operation(context_, std::move(operation));
    }

  private:
    Context& context_;
    const Flags& flags_;
    std::string id_;
    SentinelLook seen_;
    OperationResult result_;
};

Result<ExitCode> run_reset(Context& context, const Flags& flags) {
    failover::ResetWish wish{flags.sentinels, flags.overrides};
    if (!flags.wait.empty()) {
        TRY_ASSIGN(wish.patience, parse_duration(flags.wait));
    }
    SentinelChange change(context, flags, "sentinel reset");
    TRY_ASSIGN(const CouncilFacts facts, change.look());
    if (failover::to_reset(facts, wish).empty() && failover::unread(facts, wish).empty()) return change.nothing_to_do();
    TRY_ASSIGN(std::vector<Check> checks, failover::reset_checks(facts, wish));
    return change.carry_out(failover::plan_reset(facts, wish), std::move(checks));
}

// nullopt: the master does not say.
std::optional<std::vector<std::string>> renamed_on(Context& context, const CouncilFacts& facts,
                                                   const fleet::Instance& instance) {
    const auto& names = failover::commands_of_sentinel();
    redis::Request request{"COMMAND", "INFO"};
    request.insert(request.end(), names.begin(), names.end());
    for (const fleet::Node& node : instance.nodes) {
        if (node.name != facts.council.master) continue;
        const fleet::Call call{&node, {request}};
        const std::vector<fleet::Outcome> outcomes = context.ask(std::span(&call, 1));
        if (!outcomes[0].replies) return std::nullopt;
        const redis::Value& reply = outcomes[0].replies->front();
        if (reply.is_error() || reply.elements.size() != names.size()) return std::nullopt;
        std::vector<std::string> renamed;
        for (size_t i = 0; i < names.size(); i++)
            if (!redis::is_known(reply.elements[i])) renamed.push_back(names[i]);
        return renamed;
    }
    return std::nullopt;
}

Result<ExitCode> run_sync(Context& context, const Flags& flags) {
    failover::SyncWish wish{flags.overrides};
    if (!flags.wait.empty()) {
        TRY_ASSIGN(wish.patience, parse_duration(flags.wait));
    }
    SentinelChange change(context, flags, "sentinel sync");
    TRY_ASSIGN(const CouncilFacts facts, change.look());
    const failover::Agreement agreement = failover::agreement_of(facts);
    if (failover::in_step(facts, agreement)) return change.nothing_to_do();
    wish.renamed = renamed_on(context, facts, change.instance());
    TRY_ASSIGN(std::vector<Check> checks, failover::sync_checks(facts, agreement, wish));
    return change.carry_out(failover::plan_sync(facts, agreement, wish), std::move(checks));
}

std::vector<Option> options_of(Flags& flags) {
    std::vector<Option> options{
        {"--wait", "DURATION", "Longest time until a changed Sentinel has found everything again, 60s by default",
         &flags.wait},
        {"--override", "CHECK", "Go on although this check refuses; only some can be overridden; may be repeated",
         &flags.overrides}};
    for (Option& option : change_options(flags.change)) options.push_back(std::move(option));
    return options;
}

void bind_reset(Spec& spec) {
    auto flags = std::make_shared<Flags>();
    spec.options = options_of(*flags);
    spec.positionals = {{"SENTINEL", "Only these, by name; all that remember something gone when none is named",
                         &flags->sentinels, false, true, "node"}};
    spec.examples = {"redisctl sentinel reset --dry-run", "redisctl sentinel reset --instance redis --yes",
                     "redisctl sentinel reset --sentinel db1:26379 --master-name mymaster"};
    spec.run = [flags](Context& context) { return run_reset(context, *flags); };
}

void bind_sync(Spec& spec) {
    auto flags = std::make_shared<Flags>();
    spec.options = options_of(*flags);
    spec.examples = {"redisctl sentinel sync --dry-run", "redisctl sentinel sync --instance redis --yes",
                     "redisctl sentinel sync --sentinel db1:26379 --sentinel db2:26379 --sentinel db3:26379"};
    spec.run = [flags](Context& context) { return run_sync(context, *flags); };
}

}  // namespace

extern const Command sentinel_reset_command{
    "sentinel reset", Group::change,    "Make the Sentinels forget what is gone, one at a time", Uses::target, {},
    bind_reset,       "OperationResult"};

extern const Command sentinel_sync_command{"sentinel sync",
                                           Group::change,
                                           "Make Sentinels that drifted agree with the majority on the real master",
                                           Uses::target,
                                           {},
                                           bind_sync,
                                           "OperationResult"};

}  // namespace redisctl
