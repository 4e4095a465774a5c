#include "topology/home.h"

#include <algorithm>

namespace redisctl::topology {

bool has_master_component(const kube::Labels& labels) {
    const auto component = labels.find("app.kubernetes.io/component");
    return component != labels.end() && (component->second == "master" || component->second == "primary");
}

std::string home_pod(const fleet::Instance& instance, std::string_view system) {
    if (system == "sb-replica" && !instance.nodes.empty()) {
        const std::string& pod = instance.nodes.front().pod;
        return pod.substr(0, pod.rfind('-')) + "-0";
    }
    if (system != "bitnami-replication") return {};
    const auto home = std::find_if(instance.nodes.begin(), instance.nodes.end(),
                                   [](const fleet::Node& node) { return has_master_component(node.labels); });
    return home == instance.nodes.end() ? std::string() : home->pod;
}

}  // namespace redisctl::topology
