#include "topology/lag.h"

#include <algorithm>
#include <map>

namespace redisctl::topology {

namespace {

using redis::Role;

bool is_replica(const NodePicture& node) {
    return node.view && node.view->role == Role::replica;
}

std::optional<int64_t> bytes_behind(const redis::NodeView& replica, const redis::NodeView& master) {
    // During a full sync the applied offset belongs to the data that are being thrown away.
    if (replica.sync_in_progress == true || !replica.applied_offset || !master.master_offset ||
        !same_history(replica, master))
        return std::nullopt;
    return std::max<int64_t>(0, *master.master_offset - *replica.applied_offset);
}

// Only an online line counts acknowledgements; before that Redis prints a lag of 0 that means nothing.
std::optional<int64_t> heard(const redis::AttachedReplica& line) {
    return line.state == "online" ? line.lag_seconds : std::nullopt;
}

void set_seconds(NodePicture& node, const redis::AttachedReplica& line) {
    auto seconds = heard(line);
    // After a reconnect the master may still show the old connection beside the new one.
    if (seconds && (!node.lag_seconds || *seconds < *node.lag_seconds)) node.lag_seconds = seconds;
}

void match_leftovers(Picture& picture, std::vector<size_t> replicas, std::vector<const redis::AttachedReplica*> lines) {
    std::map<int64_t, std::vector<size_t>> replicas_at;
    for (auto i : replicas) replicas_at[picture.nodes[i].view->tcp_port.value_or(0)].push_back(i);
    std::map<int64_t, std::vector<const redis::AttachedReplica*>> lines_at;
    for (const auto* line : lines) lines_at[line->port].push_back(line);
    for (const auto& [port, at] : lines_at)
        if (auto it = replicas_at.find(port); at.size() == 1 && it != replicas_at.end() && it->second.size() == 1) {
            set_seconds(picture.nodes[it->second.front()], *at.front());
            std::erase(lines, at.front());
            std::erase(replicas, it->second.front());
        }
    if (lines.size() == 1 && replicas.size() == 1) set_seconds(picture.nodes[replicas.front()], *lines.front());
}

}  // namespace

bool same_history(const redis::NodeView& replica, const redis::NodeView& master) {
    if (replica.replid.empty() || master.replid.empty()) return false;
    if (replica.replid == master.replid) return true;
    return replica.replid == master.replid2 && replica.applied_offset && master.second_offset &&
           *replica.applied_offset < *master.second_offset;
}

bool related_histories(const redis::NodeView& a, const redis::NodeView& b) {
    return a.replid.empty() || b.replid.empty() || same_history(a, b) || same_history(b, a) ||
           (!a.replid2.empty() && a.replid2 == b.replid2);
}

void measure_lag(Picture& picture, const fleet::Instance& instance, const Answers& answers, const AddressBook& book,
                 const Graph& graph) {
    std::vector<std::vector<size_t>> followers(picture.nodes.size());
    for (size_t i = 0; i < picture.nodes.size(); i++) {
        auto& node = picture.nodes[i];
        if (!node.view) continue;
        if (node.view->role == Role::master) node.offset = node.view->master_offset;
        if (!is_replica(node)) continue;
        node.offset = node.view->applied_offset;
        if (auto top = graph.top(i, answers)) node.lag_bytes = bytes_behind(*node.view, *answers.nodes[*top]);
        if (graph.master[i] && node.view->link_up == true && graph.first[i] == i)
            followers[*graph.master[i]].push_back(i);
    }

    for (size_t m = 0; m < picture.nodes.size(); m++) {
        if (followers[m].empty() || !answers.nodes[m]) continue;
        std::vector<const redis::AttachedReplica*> strange;
        std::vector<bool> matched(picture.nodes.size());
        for (const auto& line : answers.nodes[m]->replicas) {
            auto i = book.find(line.host, line.port, instance.nodes[m]);
            if (!i)
                strange.push_back(&line);
            else if (graph.master[*i] == m && picture.nodes[*i].view->link_up == true) {
                set_seconds(picture.nodes[*i], line);
                matched[*i] = true;
            }
        }
        auto left = followers[m];
        std::erase_if(left, [&](size_t i) { return matched[i]; });
        match_leftovers(picture, std::move(left), std::move(strange));
    }
    // A process that stands in the instance twice has one lag.
    for (size_t i = 0; i < picture.nodes.size(); i++)
        picture.nodes[i].lag_seconds = picture.nodes[graph.first[i]].lag_seconds;
}

}  // namespace redisctl::topology
