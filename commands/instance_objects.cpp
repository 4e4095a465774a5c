#include "commands/instance_objects.h"

#include <algorithm>

namespace redisctl {

namespace {

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// What a ReplicaSet's controller puts behind its name.
bool is_suffix(std::string_view text) {
    constexpr size_t length = 5;
    return text.size() == length && text.find('-') == std::string_view::npos;
}

}  // namespace

InstanceObjects InstanceObjects::of(const fleet::Instance& instance) {
    InstanceObjects objects;
    objects.names_.insert(instance.name);
    for (const kube::Service& service : instance.services) objects.names_.insert(service.meta.name);
    for (const kube::Pod* pod : instance.pods) {
        objects.add_pod(*pod);
        for (const kube::OwnerReference& owner : pod->meta.owners) {
            objects.names_.insert(owner.name);
            objects.makers_.insert(owner.name);
            if (owner.kind == "ReplicaSet") objects.names_.insert(owner.name.substr(0, owner.name.rfind('-')));
        }
    }
    return objects;
}

InstanceObjects InstanceObjects::of_nodes(const fleet::Instance& instance, const NodeNames& nodes) {
    InstanceObjects objects;
    for (const std::vector<fleet::Node>* list : {&instance.nodes, &instance.sentinels})
        for (const fleet::Node& node : *list)
            for (const kube::Pod* pod : instance.pods)
                if (nodes.has(node.name) && pod->meta.name == node.pod) objects.add_pod(*pod);
    return objects;
}

void InstanceObjects::add_pod(const kube::Pod& pod) {
    names_.insert(pod.meta.name);
    for (const kube::Volume& volume : pod.volumes)
        if (!volume.pvc.empty()) names_.insert(volume.pvc);
}

bool InstanceObjects::has(std::string_view kind, std::string_view name) const {
    if (kind == "Node" || kind == "Namespace") return false;
    if (names_.contains(name)) return true;
    const size_t dash = name.rfind('-');
    if (kind != "Pod" || dash == std::string_view::npos) return false;
    const std::string_view suffix = name.substr(dash + 1);
    return makers_.contains(name.substr(0, dash)) && (is_number(suffix) || is_suffix(suffix));
}

}  // namespace redisctl
