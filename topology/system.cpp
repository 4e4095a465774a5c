#include "topology/system.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace redisctl::topology {

namespace {

using redis::Role;

constexpr std::string_view pod_name_label = "statefulset.kubernetes.io/pod-name";

std::string_view label(const kube::Pod& pod, std::string_view key) {
    auto it = pod.meta.labels.find(key);
    return it == pod.meta.labels.end() ? std::string_view() : std::string_view(it->second);
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

bool is_chart(const kube::Pod& pod) {
    auto chart = label(pod, "helm.sh/chart");
    return starts_with(chart, "redis-") || starts_with(chart, "valkey-");
}

const kube::Container* container(const std::vector<kube::Container>& containers, std::string_view name) {
    auto it = std::find_if(containers.begin(), containers.end(),
                           [&](const auto& candidate) { return candidate.name == name; });
    return it == containers.end() ? nullptr : &*it;
}

bool has_owner(const kube::Pod& pod, std::string_view name) {
    return std::any_of(pod.meta.owners.begin(), pod.meta.owners.end(),
                       [&](const auto& owner) { return owner.controller && owner.name == name; });
}

template <class Test>
const kube::Pod* first_pod(const fleet::Instance& instance, Test test) {
    auto it = std::find_if(instance.pods.begin(), instance.pods.end(), [&](const auto* pod) { return test(*pod); });
    return it == instance.pods.end() ? nullptr : *it;
}

const kube::Service* service_with(const fleet::Instance& instance, std::string_view selector_key) {
    auto it = std::find_if(instance.services.begin(), instance.services.end(),
                           [&](const auto& service) { return service.selector.count(selector_key) != 0; });
    return it == instance.services.end() ? nullptr : &*it;
}

std::optional<System> spotahome(const fleet::Instance& instance) {
    constexpr std::string_view name = "redisfailovers.databases.spotahome.com/name";
    if (const auto* pod = first_pod(instance, [&](const auto& candidate) { return !label(candidate, name).empty(); }))
        return System{"spotahome",
                      {fmt::format("pod {} has the label {}={}", pod->meta.name, name, label(*pod, name))}};
    if (const auto* pod = first_pod(instance, [](const auto& candidate) {
            return label(candidate, "app.kubernetes.io/part-of") == "redis-failover";
        }))
        return System{"spotahome",
                      {fmt::format("pod {} has the label app.kubernetes.io/part-of=redis-failover", pod->meta.name)}};
    return std::nullopt;
}

std::optional<System> bitnami(const fleet::Instance& instance) {
    auto component = [&](std::string_view a, std::string_view b) {
        return first_pod(instance, [&](const auto& pod) {
            auto text = label(pod, "app.kubernetes.io/component");
            bool bitnami_image = std::any_of(pod.containers.begin(), pod.containers.end(), [](const auto& one) {
                return one.image.find("bitnami") != std::string::npos;
            });
            return (is_chart(pod) || bitnami_image) && (text == a || text == b);
        });
    };
    auto says = [](const kube::Pod& pod) {
        return fmt::format("pod {} has the label app.kubernetes.io/component={}", pod.meta.name,
                           label(pod, "app.kubernetes.io/component"));
    };
    if (const auto* node = component("node", "node"); node != nullptr && !instance.sentinels.empty()) {
        System system{"bitnami-sentinel",
                      {says(*node), fmt::format("pod {} runs Redis and Sentinel", node->meta.name)}};
        if (const auto* service = service_with(instance, "isMaster")) {
            system.name = "bitnami-ismaster";
            system.evidence.push_back(
                fmt::format("Service {} selects isMaster={}", service->meta.name, service->selector.at("isMaster")));
        }
        return system;
    }
    const auto *master = component("master", "primary"), *replica = component("replica", "slave");
    if (master == nullptr && replica == nullptr) return std::nullopt;
    System system{"bitnami-standalone", {}};
    for (const auto* pod : {master, replica})
        if (pod != nullptr) system.evidence.push_back(says(*pod));
    // Its replicas may all be gone at the moment; their Service is not.
    auto of_replicas = std::find_if(instance.services.begin(), instance.services.end(), [](const auto& service) {
        auto it = service.selector.find("app.kubernetes.io/component");
        return it != service.selector.end() && (it->second == "replica" || it->second == "slave");
    });
    if (replica == nullptr && of_replicas == instance.services.end()) return system;
    system.name = "bitnami-replication";
    if (replica == nullptr)
        system.evidence.push_back(fmt::format("Service {} selects component={}", of_replicas->meta.name,
                                              of_replicas->selector.at("app.kubernetes.io/component")));
    return system;
}

std::optional<System> sb(const fleet::Instance& instance, const Picture& picture) {
    System system{"sb-replica", {}};
    if (const auto* pod = first_pod(instance, [](const auto& candidate) {
            return container(candidate.init_containers, "setup-replication") != nullptr;
        }))
        system.evidence.push_back(fmt::format("pod {} has the init container setup-replication", pod->meta.name));
    for (const auto& service : instance.services) {
        auto pin = service.selector.find(pod_name_label);
        auto seen = std::find_if(picture.services.begin(), picture.services.end(),
                                 [&](const auto& candidate) { return candidate.name == service.meta.name; });
        if (pin != service.selector.end() && seen != picture.services.end() && seen->type == "master")
            system.evidence.push_back(fmt::format("Service {} is pinned to pod {}", service.meta.name, pin->second));
    }
    if (!system.evidence.empty()) return system;

    const auto* pod = first_pod(instance, [](const auto& candidate) {
        bool only_config =
            candidate.init_containers.empty() || container(candidate.init_containers, "config-init") != nullptr;
        return is_chart(candidate) && label(candidate, "app.kubernetes.io/component").empty() && only_config &&
               !candidate.subdomain.empty() && has_owner(candidate, candidate.subdomain);
    });
    if (pod == nullptr) return std::nullopt;
    return System{
        "sb-standalone",
        {fmt::format("pod {} is of chart {} without a component, and its StatefulSet has the name of its Service",
                     pod->meta.name, label(*pod, "helm.sh/chart"))}};
}

// Several masters of which nobody ever followed another: no replica, no common history, one Service over them.
std::optional<std::string> why_unrelated(const fleet::Instance& instance, const Picture& picture, const Graph& graph) {
    auto masters = masters_of(picture, graph);
    if (masters.size() < 2 || !instance.sentinels.empty()) return std::nullopt;
    std::set<std::string> histories, names;
    size_t ids = 0;
    for (const auto& node : picture.nodes)
        if (node.view && node.view->role == Role::replica) return std::nullopt;
    for (auto i : masters) {
        const auto& view = *picture.nodes[i].view;
        if (view.connected_replicas.value_or(0) > 0) return std::nullopt;
        for (const auto& id : {view.replid, view.replid2})
            if (!id.empty()) {
                histories.insert(id);
                ids++;
            }
        names.insert(picture.nodes[i].name);
    }
    if (histories.size() != ids) return std::nullopt;
    for (const auto& service : picture.services) {
        auto behind = std::count_if(service.ready.begin(), service.ready.end(),
                                    [&](const auto& name) { return names.count(name) != 0; });
        if (behind >= 2 && service.type != "headless")
            return fmt::format("Service {} leads to {} masters that share no history, and nobody follows anybody",
                               service.name, behind);
    }
    return std::nullopt;
}

System by_fingerprint(const fleet::Instance& instance, const Picture& picture) {
    for (const auto& node : picture.nodes)
        if (node.view && node.view->mode == "cluster")
            return {"cluster-mode", {fmt::format("{} says redis_mode:cluster", node.name)}};
    if (auto system = spotahome(instance)) return *system;
    if (auto system = bitnami(instance)) return *system;
    if (auto system = sb(instance, picture)) return *system;
    if (!instance.sentinels.empty())
        return {"sentinel", {fmt::format("{} runs Sentinel", instance.sentinels.front().name)}};
    if (instance.nodes.size() != 1)
        return {"generic",
                {fmt::format("{} nodes without the marks of a known chart or operator", instance.nodes.size())}};
    const auto& view = picture.nodes.front().view;
    if (view && (view->role == Role::replica || view->connected_replicas.value_or(0) > 0))
        return {"generic", {fmt::format("{} replicates with a node that was not asked", picture.nodes.front().name)}};
    return {"standalone", {fmt::format("{} is the only node", picture.nodes.front().name)}};
}

}  // namespace

std::vector<size_t> masters_of(const Picture& picture, const Graph& graph) {
    std::vector<size_t> out;
    for (size_t i = 0; i < picture.nodes.size(); i++)
        if (graph.first[i] == i && picture.nodes[i].view && picture.nodes[i].view->role == Role::master)
            out.push_back(i);
    return out;
}

System recognise(const fleet::Instance& instance, const Picture& picture, const Graph& graph) {
    auto system = by_fingerprint(instance, picture);
    // A chart that sets up replication has split when it has two masters; only what never replicates can be unrelated.
    if (system.name == "generic" || system.name == "sb-standalone" || system.name == "bitnami-standalone")
        if (auto why = why_unrelated(instance, picture, graph)) {
            system.name = "unrelated-masters";
            system.evidence.push_back(*why);
        }
    return system;
}

bool decided_elsewhere(const std::string& system) {
    return system.find("sentinel") != std::string::npos || system.starts_with("spotahome") ||
           system == "bitnami-ismaster" || system == "cluster-mode" || system == "unrelated-masters";
}

std::string way_to_one_master(const std::string& system) {
    return system == "unrelated-masters" ? "scale to 1, or install the chart in its replication mode" : "redisctl heal";
}

}  // namespace redisctl::topology
