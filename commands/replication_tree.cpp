#include "commands/replication_tree.h"

#include <map>
#include <set>

namespace redisctl {

namespace {

using topology::NodePicture;
using Followers = std::map<std::string, std::vector<const NodePicture*>>;

void add_followers(const std::string& master, const std::string& indent, const Followers& followers,
                   std::set<const NodePicture*>& drawn, std::vector<TreeLine>& lines) {
    const auto found = followers.find(master);
    if (found == followers.end()) return;
    std::vector<const NodePicture*> open;
    for (const NodePicture* node : found->second)
        if (!drawn.contains(node)) open.push_back(node);
    for (size_t i = 0; i < open.size(); i++) {
        if (!drawn.insert(open[i]).second) continue;
        const bool last = i + 1 == open.size();
        lines.push_back({indent + (last ? "└─ " : "├─ "), open[i]});
        add_followers(open[i]->name, indent + (last ? "   " : "│  "), followers, drawn, lines);
    }
}

}  // namespace

std::vector<TreeLine> replication_tree(const topology::Picture& picture) {
    Followers followers;
    for (const NodePicture& node : picture.nodes)
        if (!node.master_node.empty()) followers[node.master_node].push_back(&node);

    std::vector<TreeLine> lines;
    std::set<const NodePicture*> drawn;
    const auto add_root = [&](const NodePicture& node) {
        if (!drawn.insert(&node).second) return;
        lines.push_back({"", &node});
        add_followers(node.name, "", followers, drawn, lines);
    };
    for (const NodePicture& node : picture.nodes)
        if (node.master_node.empty()) add_root(node);
    for (const NodePicture& node : picture.nodes) add_root(node);
    return lines;
}

}  // namespace redisctl
