#include "failover/label_sync.h"

#include "failover/lease_lock.h"
#include "failover/pre_checks.h"
#include "failover/pre_checks_parts.h"
#include "failover/steps.h"
#include "kube/changes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace redisctl::failover {

namespace {

using topology::NodePicture;
using topology::Picture;
using topology::WrongLabel;

std::vector<const NodePicture*> masters_in(const Picture& picture) {
    std::vector<const NodePicture*> masters;
    for (const NodePicture& node : picture.nodes)
        if (node.view && node.view->role == redis::Role::master) masters.push_back(&node);
    return masters;
}

const std::vector<std::string_view>& overridable() {
    static const std::vector<std::string_view> names{"nodes-answer"};
    return names;
}

std::string shown_value(const std::string& value) {
    return value.empty() ? "absent" : value;
}

}  // namespace

std::vector<kube::Access> label_access(const fleet::Instance& instance, const std::vector<WrongLabel>& wrong) {
    namespace resource = kube::resource;
    const std::string lease = LeaseLock::lease_name(instance.name);
    std::vector<kube::Access> needed = {kube::access_to("get", resource::leases, instance.ns, lease),
                                        kube::access_to("create", resource::leases, instance.ns, ""),
                                        kube::access_to("update", resource::leases, instance.ns, lease)};
    std::set<std::string> pods;
    for (const WrongLabel& one : wrong) pods.insert(one.pod);
    for (const std::string& pod : pods)
        for (const char* verb : {"get", "patch"})
            needed.push_back(kube::access_to(verb, resource::pods, instance.ns, pod));
    return needed;
}

Result<std::vector<Check>> label_checks(const Picture& picture, const std::vector<kube::Review>& reviews,
                                        const std::vector<std::string>& overrides) {
    std::vector<Check> checks;
    const std::vector<const NodePicture*> masters = masters_in(picture);
    std::vector<std::string> names, silent, others;
    for (const NodePicture* master : masters) names.push_back(master->name);
    Verdicts(checks, "one-master", {}, "exactly one node says so itself",
             masters.size() > 1 ? "redisctl heal" : "redisctl failover")
        .good_if(masters.size() == 1, names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));

    for (const NodePicture& node : picture.nodes)
        if (!node.view) silent.push_back(node.name);
    Verdicts(checks, "nodes-answer", {}, "all: one that is silent may be a master too", "redisctl ping")
        .good_if(silent.empty(), silent.empty() ? "all" : fmt::format("silent: {}", fmt::join(silent, ", ")));
    checks.back().overridable = true;

    if (masters.size() == 1 && !picture.sentinels.empty()) {
        size_t agree = 0;
        for (const topology::SentinelPicture& sentinel : picture.sentinels)
            if (sentinel.master_node == masters.front()->name)
                agree++;
            else
                others.push_back(fmt::format("{} {}", sentinel.name,
                                             !sentinel.view                 ? "is silent"
                                             : sentinel.master_node.empty() ? "names another"
                                                                            : "names " + sentinel.master_node));
        // What they are about to make the master is nobody's yet.
        Verdicts(checks, "sentinels-agree", {}, "most of them name the master",
                 "wait until a failover is over: redisctl sentinel")
            .good_if(agree * 2 > picture.sentinels.size(),
                     others.empty() ? "all" : fmt::format("{}", fmt::join(others, ", ")));
    }
    check_permissions(reviews, checks);
    TRY(apply_overrides(checks, overrides, overridable()));
    return checks;
}

Plan plan_label_sync(const fleet::Instance& instance, const Picture& picture, std::vector<WrongLabel> wrong) {
    Plan plan;
    plan.command = "label sync";
    plan.instance = picture.name;
    plan.ns = picture.ns;
    plan.system = picture.system;
    plan.loss_bound = 0;
    plan.expected_outage = "none: no role changes";
    for (const NodePicture& node : picture.nodes) plan.addresses[node.name] = {node.address};

    std::stable_partition(wrong.begin(), wrong.end(), [](const WrongLabel& one) { return !one.is_master; });
    std::set<std::string> keys;
    for (const WrongLabel& one : wrong) {
        const auto node = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                                       [&](const NodePicture& candidate) { return candidate.name == one.node; });
        Step& step =
            add_step(plan, fmt::format("label-{}-{}", one.key, one.pod),
                     fmt::format("{} is a {}: {} from {} to {}.", one.node, one.is_master ? "master" : "replica",
                                 one.key, shown_value(one.from), shown_value(one.to)),
                     "", PatchLabel{one.pod, one.key, one.from, one.to});
        step.before = {RoleIs{one.node, one.is_master ? "master" : "replica"},
                       SameProcess{one.node, node->view->run_id}};
        step.already = step.after = {LabelIs{one.pod, one.key, one.to}};
        step.undo = {PatchLabel{one.pod, one.key, one.to, one.from}};
        step.undone = {LabelIs{one.pod, one.key, one.from}};
        step.achieved = fmt::format("pod {} has {}={}", one.pod, one.key, shown_value(one.to));
        keys.insert(one.key);
    }
    const std::vector<const NodePicture*> masters = masters_in(picture);
    if (masters.size() != 1 || masters.front()->pod.empty()) return plan;
    plan.master = masters.front()->name;
    for (const std::string& key : keys)
        for (const std::string& service : topology::services_led_by(instance, key))
            add_endpoints(plan, service, masters.front()->pod, 0);
    if (picture.system == "spotahome" || picture.system == "bitnami-ismaster")
        plan.notes.emplace_back("who sets these labels was not asked why it did not: " +
                                std::string(picture.system == "spotahome" ? "kubectl logs of the operator"
                                                                          : "kubectl logs -c kubectl-shared"));
    return plan;
}

}  // namespace redisctl::failover
