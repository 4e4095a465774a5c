#include "commands/reported_nodes.h"

#include "failover/planner.h"
#include "redis/node_view.h"
#include "redis/sentinel_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace redisctl {

namespace {

using redis::Role;

std::vector<net::HostPort> reported_by(const redis::NodeView& view, const fleet::Node& node) {
    std::vector<net::HostPort> addresses;
    const bool parked = view.master_host == failover::parking_host && view.master_port == failover::parking_port;
    if (!view.master_host.empty() && view.master_port && !parked)
        addresses.push_back(as_we_see({view.master_host, static_cast<uint16_t>(*view.master_port)}, node));
    // Without a port it is no server: somebody takes a backup (fleet/snapshot).
    for (const redis::AttachedReplica& replica : view.replicas)
        if (replica.port != 0) addresses.push_back(as_we_see({replica.host, replica.port}, node));
    return addresses;
}

// The masters that the Sentinels watch under the wanted name; more than one name needs --master-name.
Result<std::vector<net::HostPort>> named_by_sentinels(const fleet::Instance& instance, const Views& views,
                                                      const std::string& wanted) {
    std::vector<net::HostPort> addresses;
    std::set<std::string> names;
    for (size_t i = 0; i < views.sentinels.size(); i++) {
        if (!views.sentinels[i]) continue;
        for (const redis::SentinelMaster& master : views.sentinels[i]->masters) {
            names.insert(master.name);
            if (master.port && (wanted.empty() || master.name == wanted))
                addresses.push_back(
                    as_we_see({master.host, static_cast<uint16_t>(*master.port)}, instance.sentinels[i]));
        }
    }
    if (names.empty() || (wanted.empty() && names.size() == 1)) return addresses;
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    if (wanted.empty())
        return fail(ErrorCode::not_found, "the Sentinels watch more than one master", "there are: " + list,
                    fmt::format("--master-name {}", *names.begin()));
    if (!names.contains(wanted))
        return fail(ErrorCode::not_found, fmt::format("no Sentinel watches a master called {}", wanted),
                    "there are: " + list, fmt::format("--master-name {}", *names.begin()));
    return addresses;
}

void drop(fleet::Instance& instance, Views& views, size_t node, size_t is_really) {
    instance.nodes[is_really].aliases.push_back(instance.nodes[node].address);
    instance.nodes.erase(instance.nodes.begin() + static_cast<std::ptrdiff_t>(node));
    views.nodes.erase(views.nodes.begin() + static_cast<std::ptrdiff_t>(node));
}

// The one node that `silent` must be, by what replicas with a working link call their master.
std::optional<size_t> by_history(const fleet::Instance& instance, const Views& views, size_t silent) {
    std::set<size_t> masters;
    for (size_t i = 0; i < instance.nodes.size(); i++) {
        const Result<redis::NodeView>& replica = views.nodes[i];
        if (!replica || replica->role != Role::replica || !replica->link_up.value_or(false) || !replica->master_port)
            continue;
        if (as_we_see({replica->master_host, static_cast<uint16_t>(*replica->master_port)}, instance.nodes[i]) !=
            instance.nodes[silent].address)
            continue;
        for (size_t m = 0; m < instance.nodes.size(); m++)
            if (views.nodes[m] && m != i && views.nodes[m]->replid == replica->replid &&
                views.nodes[m]->connected_replicas.value_or(0) > 0)
                masters.insert(m);
    }
    return masters.size() == 1 ? std::optional(*masters.begin()) : std::nullopt;
}

// Nodes from `first` on were reported; those that turn out to be one that we had are dropped.
void drop_known(fleet::Instance& instance, Views& views, size_t first) {
    std::map<std::string, size_t> by_run_id;
    for (size_t i = 0; i < instance.nodes.size();) {
        const Result<redis::NodeView>& view = views.nodes[i];
        const bool telling = view && !view->run_id.empty();
        const size_t node = telling ? by_run_id.try_emplace(view->run_id, i).first->second : i;
        if (node == i || i < first)
            i++;
        else
            drop(instance, views, i, node);
    }
    for (size_t i = instance.nodes.size(); i-- > first;) {
        if (views.nodes[i]) continue;
        if (const std::optional<size_t> node = by_history(instance, views, i)) drop(instance, views, i, *node);
    }
}

}  // namespace

net::HostPort as_we_see(net::HostPort reported, const fleet::Node& reporter) {
    if (reported.host == "127.0.0.1" || reported.host == "::1" || reported.host == "localhost")
        reported.host = reporter.address.host;
    return reported;
}

bool known_as(const fleet::Node& node, const net::HostPort& address) {
    return node.address == address ||
           std::find(node.aliases.begin(), node.aliases.end(), address) != node.aliases.end();
}

Result<void> ask_reported_nodes(Context& context, std::vector<fleet::Instance>& instances, std::vector<Views>& views) {
    constexpr int max_rounds = 4;  // a replica chain is rarely deeper
    fleet::Instance& instance = instances.front();
    for (int round = 0; round < max_rounds; round++) {
        TRY_ASSIGN(std::vector<net::HostPort> addresses,
                   named_by_sentinels(instance, views.front(), context.globals().master_name));
        for (size_t i = 0; i < instance.nodes.size(); i++) {
            if (!views.front().nodes[i]) continue;
            for (net::HostPort& address : reported_by(*views.front().nodes[i], instance.nodes[i]))
                addresses.push_back(std::move(address));
        }
        const size_t before = instance.nodes.size();
        for (const net::HostPort& address : addresses)
            if (std::none_of(instance.nodes.begin(), instance.nodes.end(),
                             [&](const fleet::Node& node) { return known_as(node, address); }))
                instance.nodes.push_back(fleet::host_node(address, fleet::NodeKind::redis));
        if (instance.nodes.size() == before) break;
        ask_views(context, instances, views);
        drop_known(instance, views.front(), before);
    }
    return {};
}

}  // namespace redisctl
