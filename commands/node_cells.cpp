#include "commands/node_cells.h"

#include "base/text.h"

#include <fmt/core.h>

namespace redisctl {

using output::Cell;
using output::Tone;

std::string heading(const topology::Picture& picture) {
    return fmt::format("{}  {}  {}  {}", picture.full_name(), picture.system,
                       picture.master.empty() ? "no agreed master" : "master " + picture.master,
                       topology::health_name(picture.health));
}

Cell role_cell(const topology::NodePicture& node) {
    if (!node.view) return {"?", Tone::bad};
    return {redis::role_name(node.view->role), node.view->role == redis::Role::master ? Tone::strong : Tone::plain};
}

Cell master_cell(const topology::NodePicture& node) {
    if (!node.view || node.view->role != redis::Role::replica) return {};
    if (!node.master_node.empty()) return node.master_node;
    return {fmt::format("{}:{}", node.view->master_host, node.view->master_port.value_or(0)), Tone::warn};
}

Cell link_cell(const topology::NodePicture& node) {
    if (!node.view || node.view->role != redis::Role::replica) return {};
    if (node.view->sync_in_progress.value_or(false)) return {"sync", Tone::warn};
    if (!node.view->link_up) return {"?", Tone::warn};
    return *node.view->link_up ? Cell{"up", Tone::good} : Cell{"down", Tone::bad};
}

Cell lag_cell(const topology::NodePicture& node) {
    if (!node.view || node.view->role != redis::Role::replica) return {};
    if (!node.lag_bytes) return {"?", Tone::warn};
    return human_bytes(static_cast<uint64_t>(*node.lag_bytes));
}

Cell acked_cell(const topology::NodePicture& node) {
    if (!node.view || node.view->role != redis::Role::replica) return {};
    if (!node.lag_seconds) return {"?", Tone::warn};
    return fmt::format("{}s ago", *node.lag_seconds);
}

}  // namespace redisctl
