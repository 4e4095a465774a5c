#include "commands/upgrade_wait.h"

#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace redisctl {

namespace {

std::string why_not_ready(const kube::Pod& pod) {
    for (const kube::ContainerStatus& status : pod.statuses)
        if (!status.waiting_reason.empty()) return fmt::format(": container {} is {}", status.name, status.waiting_reason);
    for (const kube::ContainerStatus& status : pod.statuses)
        if (!status.ready) return fmt::format(": container {} is not", status.name);
    return {};
}

std::string missing_of_server(const topology::Picture& picture, const topology::NodePicture& node, int64_t max_lag) {
    if (!node.view)
        return fmt::format("{} does not answer{}", node.name, node.error ? ": " + node.error->message : std::string());
    const redis::NodeView& view = *node.view;
    if (view.loading == true) return fmt::format("{} is loading its data", node.name);
    if (view.role == redis::Role::master) return fmt::format("{} calls itself master", node.name);
    if (picture.master.empty()) return "it is not clear who the master is";
    if (node.master_node != picture.master)
        return fmt::format("{} follows {}, not {}", node.name,
                           node.master_node.empty() ? view.master_host : node.master_node, picture.master);
    if (view.sync_in_progress == true) return fmt::format("{} is still syncing", node.name);
    if (view.link_up != true) return fmt::format("the link of {} to {} is down", node.name, picture.master);
    if (!node.lag_bytes) return fmt::format("how far {} is behind is unknown", node.name);
    if (*node.lag_bytes > max_lag)
        return fmt::format("{} is {} behind", node.name, human_bytes(static_cast<uint64_t>(*node.lag_bytes)));
    return {};
}

}  // namespace

std::string missing_of(const fleet::Instance& instance, const topology::Picture& picture,
                       const std::vector<UpgradedSet>& sets, const Replaced& replaced, int64_t max_lag) {
    const kube::Pod* pod = pod_of(instance, replaced.node);
    if (pod == nullptr) return fmt::format("pod {} is not there yet", replaced.node);
    if (!replaced.uid.empty() && pod->meta.uid == replaced.uid)
        return fmt::format("pod {} is not gone yet", replaced.node);
    if (!is_upgraded(sets, *pod)) return fmt::format("pod {} is not of the newest revision", replaced.node);
    if (!pod->ready) return fmt::format("pod {} is not Ready{}", replaced.node, why_not_ready(*pod));
    const auto node = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                                   [&](const topology::NodePicture& one) { return one.name == replaced.node; });
    if (node == picture.nodes.end()) return fmt::format("{} is not seen", replaced.node);
    return missing_of_server(picture, *node, max_lag);
}

std::string critical_findings(const topology::Picture& picture, const std::vector<std::string>& still_to_come) {
    std::set<std::string> sentences;
    for (const Finding& finding : picture.findings) {
        // Away from home is where a roll has to be for a while.
        if (finding.severity != Severity::critical || finding.code == "HOME_DRIFT") continue;
        if (std::find(still_to_come.begin(), still_to_come.end(), finding.node) != still_to_come.end()) continue;
        sentences.insert(fmt::format("{}: {}", finding.code, finding.message));
    }
    return fmt::format("{}", fmt::join(sentences, "; "));
}

}  // namespace redisctl
