#include "commands/node_container.h"

#include "fleet/process.h"

#include <algorithm>

namespace redisctl {

const kube::Pod* pod_of(const fleet::Instance& instance, const fleet::Node& node) {
    const auto found = std::ranges::find_if(
        instance.pods, [&](const kube::Pod* pod) { return pod->meta.name == node.pod && pod->meta.ns == node.ns; });
    return found == instance.pods.end() ? nullptr : *found;
}

std::string container_of(const kube::Pod& pod, const fleet::Node& node) {
    std::string container;
    for (const fleet::Process& process : fleet::processes(pod)) {
        if (node.name == pod.meta.name + "/" + process.container->name) return process.container->name;
        if (container.empty() && process.kind == node.kind) container = process.container->name;
    }
    return container;
}

std::vector<std::string> container_names(const kube::Pod& pod) {
    std::vector<std::string> names;
    for (const kube::Container& one : pod.containers) names.push_back(one.name);
    for (const kube::Container& one : pod.init_containers) names.push_back(one.name);
    return names;
}

}  // namespace redisctl
