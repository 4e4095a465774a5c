#include "commands/freshest_replica.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tuple>

namespace redisctl {

using redis::Role;
using topology::NodePicture;

namespace {

// Less is fresher; behind those whose lag is known come those of another history.
auto age(const NodePicture& node) {
    constexpr int64_t unknown = std::numeric_limits<int64_t>::max();
    return std::tuple(node.lag_bytes.value_or(unknown), -node.offset.value_or(0));
}

}  // namespace

std::string why_unfit(const NodePicture& node) {
    if (!node.view) return node.error ? node.error->message : "it did not answer";
    const redis::NodeView& view = *node.view;
    if (view.loading == true) return "it is loading its data";
    if (view.role == Role::master) return {};
    if (view.role != Role::replica) return "it is neither master nor replica";
    if (view.sync_in_progress == true) return "it is copying all data from its master";
    if (view.link_up != true) return "it has no link to its master";
    return {};
}

const NodePicture* freshest(const std::vector<const NodePicture*>& replicas) {
    const auto first =
        std::min_element(replicas.begin(), replicas.end(),
                         [](const NodePicture* a, const NodePicture* b) { return age(*a) < age(*b); });
    return first == replicas.end() ? nullptr : *first;
}

}  // namespace redisctl
