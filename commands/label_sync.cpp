#include "failover/label_sync.h"

#include "commands/change_flags.h"
#include "commands/look.h"
#include "commands/operation.h"
#include "commands/operation_report.h"
#include "commands/plan_view.h"
#include "topology/role_labels.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace redisctl {

namespace {

constexpr Millis review_in{5'000};

struct Flags {
    ChangeFlags change;
    std::vector<std::string> overrides;
};

Result<ExitCode> run(Context& context, const Flags& flags) {
    if (context.globals().without_kubernetes())
        return fail(ErrorCode::not_found, "plain hosts have no labels",
                    "labels are Kubernetes', and --host and --sentinel look at no Kubernetes",
                    "redisctl label sync -n NAMESPACE");
    const std::string id = failover::new_operation();
    context.begin_operation(id);
    TRY_ASSIGN(const Look seen, look_at_one(context, "a change is about one"));
    const topology::Picture& picture = seen.pictures.front();
    const fleet::Instance& instance = seen.found.inventory.instances.front();
    OperationResult result;
    result.command = "label sync";
    result.instance = picture.name;
    result.ns = picture.ns;
    // Whether a Service leads by a label decides what the label has to be.
    if (seen.found.services_error) return fail(*seen.found.services_error);
    const std::vector<topology::WrongLabel> wrong = topology::wrong_labels(instance, picture);
    if (wrong.empty() &&
        std::all_of(picture.nodes.begin(), picture.nodes.end(), [](const auto& node) { return node.view.has_value(); }))
        return end_early(context, result, std::nullopt);
    failover::Plan plan = failover::plan_label_sync(instance, picture, wrong);
    plan.context = context.kube_context();
    TRY_ASSIGN(const auto reviews, kube::review_access(*context.client(), failover::label_access(instance, wrong),
                                                       Deadline::after(review_in)));
    TRY_ASSIGN(plan.checks, failover::label_checks(picture, reviews, flags.overrides));
    TRY(show_plan(context.output(), plan, flags.change.dry_run));
    if (std::any_of(plan.checks.begin(), plan.checks.end(), failover::refuses))
        return end_early(context, result, refused_by(plan.command, plan.checks));
    if (flags.change.dry_run) return ExitCode::ok;
    if (plan.steps.empty()) return end_early(context, result, std::nullopt);
    Operation operation;
    operation.id = id;
    operation.instance = &instance;
    operation.plan = std::move(plan);
    operation.flags = flags.change;
    return run_operation(context, std::move(operation));
}

void bind(Spec& spec) {
    auto flags = std::make_shared<Flags>();
    spec.options = {{"--override", "CHECK",
                     "Go on although this check refuses; only some can be overridden; may be repeated",
                     &flags->overrides}};
    for (Option& option : change_options(flags->change)) spec.options.push_back(std::move(option));
    spec.examples = {"redisctl label sync --dry-run", "redisctl label sync --instance redis --yes"};
    spec.run = [flags](Context& context) { return run(context, *flags); };
}

}  // namespace

extern const Command label_sync_command{"label sync",
                                        Group::change,
                                        "Make role labels (isMaster and the like) say what the nodes say themselves",
                                        Uses::target,
                                        {},
                                        bind,
                                        "OperationResult"};

}  // namespace redisctl
