#include "base/text.h"
#include "failover/pre_checks_parts.h"
#include "failover/survey_kubernetes.h"
#include "kube/api_error.h"
#include "topology/home.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace redisctl::failover {

namespace {

const kube::Pod* pod_of(const Facts& facts, const std::string& node) {
    const auto i = facts.index_of(node);
    if (!i) return nullptr;
    const auto& pods = facts.instance.pods;
    const auto it = std::find_if(pods.begin(), pods.end(),
                                 [&](const kube::Pod* pod) { return pod->meta.name == facts.instance.nodes[*i].pod; });
    return it == pods.end() ? nullptr : *it;
}

void check_pod(const Facts& facts, const std::string& node, Checks& out) {
    const kube::Pod* pod = pod_of(facts, node);
    Verdicts verdict(out, "pod", node, "Running and Ready",
                     pod != nullptr ? fmt::format("kubectl describe pod -n {} {}", pod->meta.ns, pod->meta.name) : "");
    if (pod == nullptr) return verdict.unknown("it has no pod");
    verdict.good_if(pod->phase == "Running" && pod->ready,
                    fmt::format("{}{}", pod->phase, pod->ready ? " and Ready" : ", not Ready"));
}

void check_rollout(const Facts& facts, Checks& out) {
    Verdicts rollout(out, "rollout", {}, "none under way", "wait: kubectl rollout status statefulset");
    const auto& workloads = facts.kubernetes->workloads;
    if (!workloads) return rollout.unknown(workloads.error());
    std::vector<std::string> moving;
    for (const kube::StatefulSet& set : *workloads) {
        if (set.settled()) continue;
        moving.push_back(set.observed_generation < set.generation
                             ? fmt::format("{}: its last change is not yet seen to", set.meta.name)
                             : fmt::format("{}: {} of {} pods updated, {} ready", set.meta.name, set.updated_replicas,
                                           set.replicas, set.ready_replicas));
    }
    rollout.good_if(moving.empty(), moving.empty() ? "none" : fmt::format("{}", fmt::join(moving, "; ")));
}

// Who may not read it has not lost anything by that: such rights are seldom given, and the pods are looked at anyway.
void say_unread(const Verdicts& verdict, const Error& error) {
    if (error.code == ErrorCode::forbidden)
        verdict.hint(error.hint).warn(fmt::format("unknown: {}", shown(error)));
    else
        verdict.unknown(error);
}

void check_budgets(const Facts& facts, Checks& out) {
    Verdicts budget(out, "disruption-budget", {}, "not used up", "somebody may be draining a machine: kubectl get pdb");
    const auto& budgets = facts.kubernetes->budgets;
    if (!budgets) return say_unread(budget, budgets.error());
    std::vector<std::string> all;
    bool used_up = false;
    for (const kube::DisruptionBudget& one : *budgets) {
        all.push_back(fmt::format("{}: {} of {} healthy, {} more may go", one.meta.name, one.current_healthy,
                                  one.desired_healthy, one.disruptions_allowed));
        used_up = used_up || one.current_healthy < one.desired_healthy;
    }
    budget.warn_unless(!used_up, all.empty() ? "none" : fmt::format("{}", fmt::join(all, "; ")));
}

void check_k8s_node(const Facts& facts, const std::string& target, Checks& out) {
    const auto i = facts.index_of(target);
    const std::string name = i ? facts.instance.nodes[*i].k8s_node : std::string();
    Verdicts machine(out, "k8s-node", target, "Ready, schedulable, no NoExecute taint",
                     fmt::format("kubectl describe node {}", name));
    const auto found = facts.kubernetes->k8s_nodes.find(name);
    if (found == facts.kubernetes->k8s_nodes.end()) return machine.unknown("the pod names no Kubernetes node");
    if (!found->second) return say_unread(machine, found->second.error());
    const kube::K8sNode& node = *found->second;
    std::vector<std::string> bad;
    if (node.ready != "True") bad.push_back("not Ready");
    if (node.unschedulable) bad.push_back("cordoned, as before a drain");
    for (const kube::Taint& taint : node.taints)
        if (taint.effect == "NoExecute") bad.push_back(fmt::format("taint {}:NoExecute", taint.key));
    machine.good_if(bad.empty(),
                    fmt::format("{}: {}", name, bad.empty() ? "Ready" : fmt::format("{}", fmt::join(bad, ", "))));
}

void check_lock(const Facts& facts, Checks& out) {
    Verdicts lock(out, "lock", {}, "free",
                  "another change is under way, or was killed less than 30s ago: redisctl history");
    const auto& holder = facts.kubernetes->lock_holder;
    if (!holder) return lock.unknown(holder.error());
    lock.good_if(holder->empty(), holder->empty() ? "free" : fmt::format("held by {}", printable(*holder)));
}

void check_drift(const Pair& pair, Checks& out) {
    std::set<std::string> away;
    for (const kube::Service& service : pair.facts.instance.services)
        if (const auto it = service.meta.annotations.find(drift_annotation); it != service.meta.annotations.end())
            away.insert(it->second);
    const std::string home = topology::home_pod(pair.facts.instance, pair.facts.picture.system);
    const auto is_home = [&](const std::string& node) {
        const auto i = pair.facts.index_of(node);
        return i && pair.facts.instance.nodes[*i].pod == home;
    };
    Verdicts drift(out, "drift", {}, "the master is at home, or returns there", "redisctl return-home");
    // An annotation can be older than the truth.
    if (away.empty() || is_home(pair.master_name()))
        drift.good_if(true, "at home");
    else
        drift.good_if(is_home(pair.target_name), fmt::format("{}", fmt::join(away, "; ")));
}

}  // namespace

void check_permissions(const std::vector<kube::Review>& reviews, Checks& out) {
    Verdicts permissions(out, "permissions", {}, "all that are needed");
    std::vector<std::string> denied, unknown, rules;
    for (const kube::Review& review : reviews) {
        const std::string what = fmt::format("{} {}", review.access.verb, review.access.resource);
        if (review.permission == kube::Permission::denied) {
            denied.push_back(what);
            rules.push_back(kube::rbac_rule(review.access));
        }
        if (review.permission == kube::Permission::unknown)
            unknown.push_back(review.reason.empty() ? what : fmt::format("{} ({})", what, review.reason));
    }
    if (!denied.empty())
        permissions.hint(fmt::format("add to the Role: {}", fmt::join(rules, ", ")))
            .block(fmt::format("denied: {}", fmt::join(denied, ", ")));
    else if (!unknown.empty())
        permissions.unknown(fmt::format("{}", fmt::join(unknown, ", ")));
    else
        permissions.good_if(true, fmt::format("all {}", reviews.size()));
}

void check_credentials(const Facts& facts, Checks& out) {
    const auto left = facts.kubernetes->credential_seconds;
    Verdicts(out, "credentials", {}, fmt::format("good for {}s", shortest_credential_seconds),
             "log in to the cluster again")
        .good_if(!left || *left >= shortest_credential_seconds,
                 left ? fmt::format("good for {}s", *left) : "do not expire, or do not say when");
}

void check_terminating(const Facts& facts, Checks& out) {
    const auto& pods = facts.kubernetes->terminating;
    Verdicts(out, "terminating", {}, "no pod is being deleted", "wait until they are gone: kubectl get pods")
        .good_if(pods.empty(), pods.empty() ? "none" : fmt::format("{}", fmt::join(pods, ", ")));
}

void check_kubernetes(const Pair& pair, Checks& out) {
    if (pair.facts.index_of(pair.master_name())) check_pod(pair.facts, pair.master_name(), out);
    check_pod(pair.facts, pair.target_name, out);
    check_terminating(pair.facts, out);
    check_rollout(pair.facts, out);
    check_k8s_node(pair.facts, pair.target_name, out);
    check_budgets(pair.facts, out);
    check_drift(pair, out);
    check_lock(pair.facts, out);
    check_permissions(pair.facts.kubernetes->reviews, out);
    check_credentials(pair.facts, out);
}

}  // namespace redisctl::failover
