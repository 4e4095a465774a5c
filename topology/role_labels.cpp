#include "topology/role_labels.h"

#include <algorithm>

namespace redisctl::topology {

namespace {

using redis::Role;

std::string joined(std::string_view key, std::string_view value) {
    return std::string(key) + "=" + std::string(value);
}

std::string value_of(const kube::Labels& labels, std::string_view key) {
    const auto found = labels.find(std::string(key));
    return found == labels.end() ? std::string() : found->second;
}

// The words of one instance for one key.
struct Wording {
    std::string master, replica;
    bool used = false;           // a pod has it, or a Service selects by it
    bool replicas_need = false;  // a Service selects the replicas by it
};

Wording wording_of(const fleet::Instance& instance, std::string_view key) {
    Wording wording;
    const auto take = [&](const std::string& value, bool of_service) {
        if (value.empty()) return;
        const std::optional<bool> master = says_master(joined(key, value));
        if (!master) return;
        wording.used = true;
        std::string& word = *master ? wording.master : wording.replica;
        if (word.empty()) word = value;
        if (!*master && of_service) wording.replicas_need = true;
    };
    for (const kube::Service& service : instance.services) take(value_of(service.selector, key), true);
    for (const fleet::Node& node : instance.nodes) take(value_of(node.labels, key), false);
    const bool flag = key == "isMaster";
    // Bitnami's master Service of this key has none on the master: kubectl-shared removes it there.
    if (wording.master.empty() && key != "app.kubernetes.io/role") wording.master = flag ? "true" : "master";
    if (wording.replica.empty()) wording.replica = flag ? "false" : "slave";
    return wording;
}

}  // namespace

std::string role_label(const kube::Labels& labels) {
    for (const std::string_view key : role_label_keys) {
        const std::string text = joined(key, value_of(labels, key));
        if (says_master(text)) return text;
    }
    return {};
}

std::optional<bool> says_master(std::string_view role_label) {
    auto at = role_label.find('=');
    if (at == std::string_view::npos) return std::nullopt;
    auto value = role_label.substr(at + 1);
    bool flag = role_label.substr(0, at) == "isMaster";
    if (flag ? value == "true" : value == "master" || value == "primary") return true;
    if (flag ? value == "false" : value == "slave" || value == "replica" || value == "secondary") return false;
    return std::nullopt;
}

std::vector<WrongLabel> wrong_labels(const fleet::Instance& instance, const Picture& picture) {
    std::vector<WrongLabel> wrong;
    for (const std::string_view key : role_label_keys) {
        const Wording words = wording_of(instance, key);
        if (!words.used) continue;
        for (size_t i = 0; i < instance.nodes.size(); i++) {
            const fleet::Node& node = instance.nodes[i];
            const auto& view = picture.nodes[i].view;
            if (node.pod.empty() || !view || view->role == Role::unknown) continue;
            const std::string value = value_of(node.labels, key);
            const std::optional<bool> says = says_master(joined(key, value));
            // A word that names no role is not ours.
            if (!value.empty() && !says) continue;
            const bool is_master = view->role == Role::master;
            const bool right = is_master             ? value == words.master
                               : value.empty()       ? !words.replicas_need
                               : *says               ? false
                               : words.replicas_need ? value == words.replica
                                                     : true;
            if (!right)
                wrong.push_back({node.pod, node.name, std::string(key), value, is_master ? words.master : words.replica,
                                 is_master});
        }
    }
    return wrong;
}

std::vector<std::string> services_led_by(const fleet::Instance& instance, std::string_view key) {
    std::vector<std::string> names;
    for (const kube::Service& service : instance.services)
        if (says_master(joined(key, value_of(service.selector, key))) == true) names.push_back(service.meta.name);
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace redisctl::topology
