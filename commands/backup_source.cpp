#include "commands/backup_source.h"

#include "commands/freshest_replica.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace redisctl {

namespace {

using redis::Role;
using topology::NodePicture;

std::string why_this(const NodePicture& node, size_t replicas, size_t passed_over) {
    if (node.view->role == Role::master) return passed_over > 0 ? "no replica is fit for it" : "there is no replica";
    const std::string lag = node.lag_bytes ? fmt::format("{} bytes behind", *node.lag_bytes) : "of unknown lag";
    return replicas == 1 ? "the only fit replica, " + lag
                         : fmt::format("the freshest of {} replicas, {}", replicas, lag);
}

}  // namespace

BackupFrom backup_from(std::string_view role) {
    if (role == "master") return BackupFrom::master;
    return role == "replica" ? BackupFrom::replica : BackupFrom::best;
}

Result<BackupSource> choose_source(const fleet::Instance& instance, const topology::Picture& picture,
                                   const NodeNames& wanted, bool named, BackupFrom from) {
    std::vector<const NodePicture*> masters, replicas;
    std::string unfit;
    size_t passed_over = 0;
    for (const NodePicture& node : picture.nodes) {
        const std::string why = why_unfit(node);
        const bool is_master = node.view && node.view->role == Role::master;
        if (is_master && why.empty()) masters.push_back(&node);
        if (!wanted.has(node.name)) continue;
        if (!why.empty()) unfit += fmt::format("{}{}: {}", unfit.empty() ? "" : "; ", node.name, why);
        passed_over += !is_master && !why.empty();
        if (!is_master && why.empty()) replicas.push_back(&node);
    }
    if (!named && (masters.size() > 1 || picture.system == "cluster-mode")) {
        const bool cluster = picture.system == "cluster-mode";
        return fail(Error{ErrorCode::refused,
                          fmt::format("it is not clear which data of {} to back up", picture.full_name()),
                          cluster ? "it is a Redis Cluster: each master holds a part"
                                  : fmt::format("{} masters hold data of their own", masters.size()),
                          fmt::format("--node {}", masters.empty() ? "NAME" : masters.front()->name), "NO_MASTER"});
    }
    std::erase_if(masters, [&](const NodePicture* node) { return !wanted.has(node->name); });

    const NodePicture* chosen = nullptr;
    std::string why;
    if (from != BackupFrom::master && !replicas.empty()) {
        chosen = freshest(replicas);
        why = why_this(*chosen, replicas.size(), 0);
    } else if (from != BackupFrom::replica && !masters.empty()) {
        chosen = masters.front();
        why = from == BackupFrom::master ? "as asked" : why_this(*chosen, 0, passed_over);
    }
    if (!chosen)
        return fail(Error{ErrorCode::unreachable,
                          fmt::format("no {} of {} can be backed up",
                                      from == BackupFrom::best      ? "node"
                                      : from == BackupFrom::replica ? "replica"
                                                                    : "master",
                                      picture.full_name()),
                          unfit.empty() ? "it has none" : unfit,
                          from == BackupFrom::replica && !masters.empty() ? "--from master" : "redisctl status",
                          "NO_SOURCE"});
    const auto node = std::find_if(instance.nodes.begin(), instance.nodes.end(),
                                   [&](const fleet::Node& each) { return each.name == chosen->name; });
    if (node == instance.nodes.end())
        return fail(ErrorCode::internal, fmt::format("{} is in the picture and not in the inventory", chosen->name));
    return BackupSource{&*node, chosen, named ? "as named" : why};
}

}  // namespace redisctl
