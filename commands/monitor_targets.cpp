#include "commands/monitor_targets.h"

#include "commands/freshest_replica.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

Result<const topology::NodePicture*> freshest_of(const topology::Picture& picture) {
    std::vector<const topology::NodePicture*> fit;
    std::string unfit;
    for (const topology::NodePicture& node : picture.nodes) {
        if (node.view && node.view->role == redis::Role::master) continue;
        const std::string why = why_unfit(node);
        if (why.empty()) fit.push_back(&node);
        if (!why.empty()) unfit += fmt::format("{}{}: {}", unfit.empty() ? "" : "; ", node.name, why);
    }
    if (const topology::NodePicture* best = freshest(fit)) return best;
    return fail(Error{ErrorCode::refused,
                      fmt::format("{} has no replica that could be monitored", picture.full_name()),
                      unfit.empty() ? "MONITOR slows a server down, so the master has to be asked for" : unfit,
                      "redisctl monitor --master", "NO_REPLICA"});
}

}  // namespace

Result<std::vector<MonitorTarget>> monitor_targets(const Look& seen, MonitorOf of, const NodeNames& wanted) {
    const topology::Picture& picture = seen.pictures.front();
    const std::vector<fleet::Node>& nodes = seen.found.inventory.instances.front().nodes;
    if (of == MonitorOf::master && picture.master.empty())
        return fail(Error{ErrorCode::refused,
                          fmt::format("{} has no agreed master", picture.full_name()),
                          {},
                          "redisctl master-info, or redisctl monitor NODE",
                          "NO_MASTER"});
    const topology::NodePicture* replica = nullptr;
    if (of == MonitorOf::replica) {
        TRY_ASSIGN(replica, freshest_of(picture));
    }
    std::vector<MonitorTarget> targets;
    for (const topology::NodePicture& node : picture.nodes) {
        const auto found = std::ranges::find(nodes, node.name, &fleet::Node::name);
        if (found == nodes.end()) continue;
        if (of == MonitorOf::replica   ? &node == replica
            : of == MonitorOf::master ? node.name == picture.master
                                      : wanted.has(node.name))
            targets.push_back({&*found, &node});
    }
    if (targets.empty())
        return fail(Error{ErrorCode::not_found, "no node is left to monitor",
                          "MONITOR is for Redis servers; what Sentinels publish is seen by watch", "redisctl watch",
                          {}});
    return targets;
}

}  // namespace redisctl
