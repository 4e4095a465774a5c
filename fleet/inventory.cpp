#include "fleet/inventory.h"

#include "base/text.h"
#include "fleet/grouping.h"
#include "fleet/pod_secrets.h"
#include "fleet/pod_state.h"
#include "fleet/process.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace redisctl::fleet {

namespace {

constexpr std::string_view pod_name_label = "statefulset.kubernetes.io/pod-name";

// Keys that say which of a system's pods, not which system, where their value is a role.
constexpr std::array role_keys = {"isMaster",
                                  "redisfailovers-role",
                                  "redis-role",
                                  "role",
                                  "component",
                                  "app.kubernetes.io/role",
                                  "app.kubernetes.io/component"};
constexpr std::array role_values = {"true", "master", "primary", "slave", "replica", "secondary"};

template <class List>
bool is_in(const List& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

Node make_node(const kube::Pod& pod, const Process& process, std::string name) {
    Node node;
    node.name = std::move(name);
    node.kind = process.kind;
    node.ns = pod.meta.ns;
    node.pod = pod.meta.name;
    node.uid = pod.meta.uid;
    node.k8s_node = pod.node;
    node.tls = tls_of(pod, process);
    node.address = {pod.ip, listening_port(process, node.tls.enabled)};
    if (!pod.subdomain.empty()) node.dns_name = pod.meta.name + "." + pod.subdomain + "." + pod.meta.ns + ".svc";
    node.password = password_of(pod, process);
    if (!node.password) node.spelled_password = spelled_password_of(process);
    node.acl_user = acl_user_of(process);
    node.labels = pod.meta.labels;
    node.not_running = why_not_running(pod, process);
    return node;
}

// The pod's first process is called as the pod; a Sentinel beside a Redis "<pod>/sentinel"; any other by its container.
void add_nodes(Instance& instance, const Member& member) {
    const auto& pod = *member.pod;
    bool has_redis = member.processes.front().kind == NodeKind::redis;
    std::set<NodeKind> seen;
    for (size_t i = 0; i < member.processes.size(); i++) {
        const auto& process = member.processes[i];
        bool sentinel = process.kind == NodeKind::sentinel;
        auto name = pod.meta.name;
        if (!seen.insert(process.kind).second)
            name += "/" + process.container->name;
        else if (sentinel && has_redis)
            name += "/sentinel";
        (sentinel ? instance.sentinels : instance.nodes).push_back(make_node(pod, process, std::move(name)));
    }
}

void add_leaving(std::vector<Instance>& instances, const Member& member) {
    for (const auto& process : member.processes)
        for (auto& instance : instances)
            if (process.kind == NodeKind::redis && instance.ns == member.pod->meta.ns)
                instance.leaving.push_back(make_node(*member.pod, process, member.pod->meta.name));
}

void sort_nodes(std::vector<Node>& nodes) {
    std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return natural_less(a.name, b.name); });
}

bool selects_any(const kube::Labels& selector, const std::vector<const kube::Pod*>& pods) {
    return std::any_of(pods.begin(), pods.end(), [&](const auto* pod) { return selects(selector, pod->meta.labels); });
}

// "redis-0" was made by StatefulSet "redis": its Service stays the system's while the pod is gone.
bool pinned_to(const kube::Labels& selector, const std::vector<const kube::Pod*>& pods) {
    auto it = selector.find(pod_name_label);
    if (it == selector.end()) return false;
    auto owner = it->second.substr(0, it->second.rfind('-'));
    return std::any_of(pods.begin(), pods.end(),
                       [&](const auto* pod) { return pod->meta.name == it->second || workload(*pod) == owner; });
}

bool would_select(const kube::Labels& selector, const std::vector<const kube::Pod*>& pods) {
    kube::Labels rest;
    for (const auto& [key, value] : selector)
        if (key != pod_name_label && !(is_in(role_keys, key) && is_in(role_values, value))) rest.emplace(key, value);
    bool pinned = selector.count(pod_name_label) != 0;
    if (pinned && !pinned_to(selector, pods)) return false;
    return rest.empty() ? pinned : selects_any(rest, pods);
}

void add_services(std::vector<Instance>& instances, const Listed& listed) {
    std::map<std::string, std::vector<Instance*>> in_namespace;
    for (auto& instance : instances) {
        instance.services_known = listed.services_known;
        in_namespace[instance.ns].push_back(&instance);
    }
    std::map<std::pair<std::string, std::string>, std::vector<Instance*>> takers;
    for (const auto& service : listed.services) {
        std::vector<Instance*> found;
        const auto& candidates = in_namespace[service.meta.ns];
        for (auto* test : {&selects_any, &would_select}) {
            for (auto* instance : candidates)
                if (found.size() < candidates.size() && (*test)(service.selector, instance->pods))
                    found.push_back(instance);
            if (!found.empty()) break;
        }
        for (auto* instance : found) instance->services.push_back(service);
        if (!found.empty()) takers[{service.meta.ns, service.meta.name}] = std::move(found);
    }
    for (const auto& slice : listed.slices)
        if (auto it = takers.find({slice.meta.ns, slice.service}); it != takers.end())
            for (auto* instance : it->second) instance->slices.push_back(slice);
    for (auto& instance : instances)
        std::sort(instance.services.begin(), instance.services.end(),
                  [](const auto& a, const auto& b) { return natural_less(a.meta.name, b.meta.name); });
}

// "redis-0.redis-headless.default" and "redis-0" of the same with .svc.cluster.local, or of less.
bool is_name_of(const Node& node, std::string_view host) {
    auto text = lower(host);
    if (auto at = text.find(".svc"); at != std::string::npos && (at + 4 == text.size() || text[at + 4] == '.'))
        text.resize(at);
    auto full = node.dns_name.substr(0, node.dns_name.rfind(".svc"));
    return text == node.pod || (full.size() >= text.size() && full.compare(0, text.size(), text) == 0 &&
                                (full.size() == text.size() || full[text.size()] == '.'));
}

}  // namespace

Inventory make_inventory(Listed listed) {
    Inventory inventory;
    for (auto& pod : listed.pods)
        if ((counts(pod) || pod.meta.terminating) && !processes(pod).empty()) inventory.pods.push_back(std::move(pod));

    std::vector<Member> members;
    for (const auto& pod : inventory.pods)
        if (counts(pod)) members.push_back({&pod, processes(pod)});
    for (auto& group : group_members(std::move(members), listed.services)) {
        auto& instance = inventory.instances.emplace_back();
        instance.ns = group.ns;
        instance.name = group.name;
        for (const auto& member : group.members) {
            instance.pods.push_back(member.pod);
            add_nodes(instance, member);
        }
        sort_nodes(instance.nodes);
        sort_nodes(instance.sentinels);
    }
    add_services(inventory.instances, listed);
    for (const auto& pod : inventory.pods)
        if (!counts(pod)) add_leaving(inventory.instances, {&pod, processes(pod)});
    return inventory;
}

bool join_by_sentinel(Inventory& inventory, size_t sentinels, const std::vector<net::HostPort>& watched) {
    auto& alone = inventory.instances[sentinels];
    if (!alone.nodes.empty()) return false;
    std::set<size_t> fitting;
    for (size_t i = 0; i < inventory.instances.size(); i++)
        for (const auto& node : inventory.instances[i].nodes)
            for (const auto& address : watched)
                if (inventory.instances[i].ns == alone.ns && !address.host.empty() &&
                    address.port == node.address.port &&
                    (address.host == node.address.host || is_name_of(node, address.host)))
                    fitting.insert(i);
    if (fitting.size() != 1) return false;

    auto& target = inventory.instances[*fitting.begin()];
    for (auto& node : alone.sentinels) target.sentinels.push_back(std::move(node));
    for (auto& service : alone.services) target.services.push_back(std::move(service));
    for (auto& slice : alone.slices) target.slices.push_back(std::move(slice));
    target.pods.insert(target.pods.end(), alone.pods.begin(), alone.pods.end());
    sort_nodes(target.sentinels);
    inventory.instances.erase(inventory.instances.begin() + static_cast<std::ptrdiff_t>(sentinels));
    return true;
}

}  // namespace redisctl::fleet
