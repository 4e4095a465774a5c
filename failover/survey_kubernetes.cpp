#include "failover/survey_kubernetes.h"

#include "failover/cast.h"
#include "failover/lease_lock.h"
#include "kube/access_review.h"
#include "kube/reads.h"
#include "kube/resource.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace redisctl::failover {

namespace {

const kube::OwnerReference* controller_of(const kube::Pod& pod) {
    const auto it = std::find_if(pod.meta.owners.begin(), pod.meta.owners.end(),
                                 [](const kube::OwnerReference& owner) { return owner.controller; });
    return it == pod.meta.owners.end() ? nullptr : &*it;
}

using Workload = std::pair<std::string, std::string>;  // kind, name

std::set<Workload> workloads_of(const Facts& facts) {
    std::set<Workload> result;
    for (const kube::Pod* pod : facts.instance.pods)
        if (const kube::OwnerReference* owner = controller_of(*pod)) result.insert({owner->kind, owner->name});
    return result;
}

std::vector<std::string> terminating_among(const std::vector<kube::Pod>& pods, const Facts& facts) {
    const std::set<Workload> workloads = workloads_of(facts);
    std::vector<std::string> names;
    for (const kube::Pod& pod : pods) {
        const kube::OwnerReference* owner = controller_of(pod);
        if (pod.meta.terminating && pod.meta.ns == facts.instance.ns && owner != nullptr &&
            workloads.count({owner->kind, owner->name}) > 0)
            names.push_back(pod.meta.name);
    }
    return names;
}

bool covers(const kube::DisruptionBudget& budget, const fleet::Instance& instance) {
    return std::any_of(instance.pods.begin(), instance.pods.end(),
                       [&](const kube::Pod* pod) { return budget.selector.selects(pod->meta.labels); });
}

// The error of a wait that ended before the answer was there.
template <class Reading>
auto taken(Reading& reading, const Result<void>& waited) -> decltype(reading.take()) {
    if (!reading.done()) return fail(waited.error());
    return reading.take();
}

}  // namespace

std::vector<kube::Access> access_needed(const Facts& facts, const Wish& wish) {
    namespace resource = kube::resource;
    const std::string& ns = facts.instance.ns;
    const std::string lease = LeaseLock::lease_name(facts.instance.name);
    std::vector<kube::Access> needed = {kube::access_to("get", resource::leases, ns, lease),
                                        kube::access_to("create", resource::leases, ns, ""),
                                        kube::access_to("update", resource::leases, ns, lease)};
    if (const auto master = facts.index_of(facts.master); master && wish.delete_old_pod)
        needed.push_back(kube::access_to("delete", resource::pods, ns, facts.instance.nodes[*master].pod));
    if (!wish.move_services) return needed;
    std::set<std::string> services, pods;
    // Which node it will be is not known yet; what moves is the same for each.
    for (const std::string& name : facts.names()) {
        if (name == facts.master) continue;
        const Cast cast = cast_for(facts, name);
        for (const MovedService& service : cast.services) services.insert(service.name);
        if (!cast.labels.empty()) pods.insert({cast.old.pod, cast.target.pod});
    }
    for (const char* verb : {"get", "patch"}) {
        for (const std::string& service : services)
            needed.push_back(kube::access_to(verb, resource::services, ns, service));
        for (const std::string& pod : pods) needed.push_back(kube::access_to(verb, resource::pods, ns, pod));
    }
    if (!services.empty() || !pods.empty())
        for (const char* verb : {"list", "watch"})
            needed.push_back(kube::access_to(verb, resource::endpoint_slices, ns, ""));
    return needed;
}

Result<void> survey_kubernetes(kube::Client& client, const std::vector<kube::Pod>& pods, const Wish& wish, Facts& facts,
                               Deadline deadline) {
    KubernetesFacts found;
    found.terminating = terminating_among(pods, facts);
    if (const auto left = client.credential_seconds(); left && *left < shortest_credential_seconds) {
        // What cannot be renewed is told as it is; it is still good for the questions below.
        (void)client.refresh(client.identity_number());
    }
    found.credential_seconds = client.credential_seconds();

    const std::string& ns = facts.instance.ns;
    std::vector<kube::Reading<kube::StatefulSet>> sets;
    for (const auto& [kind, name] : workloads_of(facts))
        if (kind == "StatefulSet") sets.push_back(kube::read_stateful_set(client, ns, name, deadline));
    std::vector<std::pair<std::string, kube::Reading<kube::K8sNode>>> machines;
    std::set<std::string> names;
    for (const fleet::Node& node : facts.instance.nodes)
        if (!node.k8s_node.empty() && names.insert(node.k8s_node).second)
            machines.emplace_back(node.k8s_node, kube::read_k8s_node(client, node.k8s_node, deadline));
    kube::Reading<kube::Lease> lease =
        kube::read_lease(client, ns, LeaseLock::lease_name(facts.instance.name), deadline);
    const auto budgets = kube::list_disruption_budgets(client, ns);
    const Result<void> waited = client.loop().run(
        [&] {
            const auto done = [](const auto& reading) { return reading.done(); };
            return lease.done() && budgets->done() && std::all_of(sets.begin(), sets.end(), done) &&
                   std::all_of(machines.begin(), machines.end(), [&](const auto& one) { return done(one.second); });
        },
        deadline);
    if (!waited && waited.error().code == ErrorCode::interrupted) return fail(waited.error());

    std::vector<kube::StatefulSet> workloads;
    for (auto& reading : sets) {
        Result<kube::StatefulSet> set = taken(reading, waited);
        if (set)
            workloads.push_back(std::move(*set));
        else
            found.workloads = fail(set.error());
    }
    if (found.workloads) found.workloads = std::move(workloads);
    for (auto& [name, reading] : machines) found.k8s_nodes.emplace(name, taken(reading, waited));
    if (Result<kube::Lease> held = taken(lease, waited); held)
        found.lock_holder = LeaseLock::looks_abandoned(*held) ? std::string() : held->holder;
    else if (held.error().code != ErrorCode::not_found)
        found.lock_holder = fail(held.error());
    found.budgets = taken(*budgets, waited);
    if (found.budgets)
        std::erase_if(*found.budgets, [&](const kube::DisruptionBudget& one) { return !covers(one, facts.instance); });
    TRY_ASSIGN(found.reviews, kube::review_access(client, access_needed(facts, wish), deadline));
    facts.kubernetes = std::move(found);
    return {};
}

}  // namespace redisctl::failover
