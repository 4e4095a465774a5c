#include "topology/witnesses.h"

#include "topology/role_labels.h"

#include <algorithm>

namespace redisctl::topology {

namespace {

using redis::Role;

std::string address_text(const std::string& host, std::optional<int64_t> port) {
    if (!port) return host;
    return host.find(':') == std::string::npos ? host + ":" + std::to_string(*port)
                                               : "[" + host + "]:" + std::to_string(*port);
}

// Empty when the node says nothing of a master.
std::string word_of(size_t i, const Picture& picture, const Graph& graph) {
    const auto& view = picture.nodes[i].view;
    if (!view) return {};
    if (view->role == Role::master) return picture.nodes[graph.first[i]].name;
    if (view->role != Role::replica || view->master_host.empty()) return {};
    auto end = graph.end[i];
    if (end.kind == ChainEnd::node) return picture.nodes[graph.first[end.last]].name;
    if (end.kind == ChainEnd::loop && graph.master[i]) return picture.nodes[*graph.master[i]].name;
    if (end.kind != ChainEnd::outside) return {};
    const auto& last = *picture.nodes[end.last].view;
    return address_text(last.master_host, last.master_port);
}

// Of the masters that a Sentinel watches, the one that is ours: the only one, or the first whose address is a node's or
// whose name is the instance's.
void find_master_of(SentinelPicture& sentinel, const fleet::Node& speaker, const Picture& picture,
                    const AddressBook& book) {
    if (!sentinel.view) return;
    for (const auto& master : sentinel.view->masters) {
        auto node = book.find(master.host, master.port.value_or(0), speaker);
        if (!node && sentinel.view->masters.size() > 1 && master.name != picture.name) continue;
        sentinel.master = master;
        if (node) sentinel.master_node = picture.nodes[*node].name;
        return;
    }
}

}  // namespace

std::vector<Witness> hear_witnesses(Picture& picture, const fleet::Instance& instance, const AddressBook& book,
                                    const Graph& graph) {
    std::vector<Witness> out;
    for (size_t i = 0; i < picture.nodes.size(); i++)
        if (auto says = word_of(i, picture, graph); !says.empty())
            out.push_back({"role", picture.nodes[i].name, std::move(says)});

    for (size_t i = 0; i < picture.sentinels.size(); i++) {
        auto& sentinel = picture.sentinels[i];
        find_master_of(sentinel, instance.sentinels[i], picture, book);
        if (!sentinel.master) continue;
        out.push_back({"sentinel", sentinel.name,
                       sentinel.master_node.empty() ? address_text(sentinel.master->host, sentinel.master->port)
                                                    : sentinel.master_node});
    }

    for (const auto& node : picture.nodes)
        if (says_master(node.role_label) == true) out.push_back({"label", node.name, node.name});

    for (const auto& service : picture.services)
        if (service.type == "master")
            for (const auto& name : service.ready) out.push_back({"service", service.name, name});
    return out;
}

std::string agreed_master(const Picture& picture, const Graph& graph) {
    if (picture.witnesses.empty()) return {};
    const auto& says = picture.witnesses.front().says;
    if (std::any_of(picture.witnesses.begin(), picture.witnesses.end(),
                    [&](const auto& witness) { return witness.says != says; }))
        return {};
    auto named =
        std::find_if(picture.nodes.begin(), picture.nodes.end(), [&](const auto& node) { return node.name == says; });
    if (named != picture.nodes.end() && named->view) return named->view->role == Role::master ? says : std::string();
    for (size_t i = 0; i < picture.nodes.size(); i++) {
        bool direct =
            graph.master[i] ? picture.nodes[*graph.master[i]].name == says : graph.end[i].kind == ChainEnd::outside;
        if (direct && picture.nodes[i].view && picture.nodes[i].view->link_up == true) return says;
    }
    return {};
}

}  // namespace redisctl::topology
