#include "fleet/finder.h"

#include "base/text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace redisctl::fleet {

namespace {

// Handshakes to start before the pods are known: the usual system has three Redis pods, and one too many costs more
// than one too few.
constexpr size_t warm_connections = 3;

Result<void> select_instance(Inventory& inventory, const Selection& selection) {
    std::vector<std::string> names;
    for (const Instance& instance : inventory.instances) names.push_back(instance.full_name());
    const std::string place = selection.ns.empty() ? "any namespace" : fmt::format("namespace {}", selection.ns);
    if (names.empty())
        return fail(ErrorCode::not_found, fmt::format("no Redis found in {}", place), {},
                    selection.ns.empty() ? "name the hosts with --host HOST:PORT"
                                         : "name the namespace with -n, or look everywhere with -A");
    if (selection.instance.empty()) return {};

    const auto others =
        std::stable_partition(inventory.instances.begin(), inventory.instances.end(), [&](const Instance& instance) {
            return instance.name == selection.instance || instance.full_name() == selection.instance;
        });
    std::move(others, inventory.instances.end(), std::back_inserter(inventory.unselected));
    inventory.instances.erase(others, inventory.instances.end());
    if (inventory.instances.size() > 1)
        return fail(ErrorCode::not_found, fmt::format("instance {} is in more than one namespace", selection.instance),
                    {}, "name the namespace with -n");
    if (!inventory.instances.empty()) return {};
    const std::optional<std::string> meant = nearest(selection.instance, names);
    return fail(ErrorCode::not_found, fmt::format("no instance {} in {}", selection.instance, place),
                fmt::format("there are: {}", fmt::join(names, ", ")),
                fmt::format("--instance {}", meant.value_or(names.front())));
}

}  // namespace

Result<Found> find_in_kubernetes(kube::Client& client, const Selection& selection, Deadline deadline) {
    const auto pods = kube::list_pods(client, selection.ns, selection.selector);
    const auto services = selection.services ? kube::list_services(client, selection.ns) : nullptr;
    const auto slices = selection.services ? kube::list_endpoint_slices(client, selection.ns) : nullptr;
    if (selection.port_forwards) client.warm(warm_connections);
    TRY(client.loop().run([&] { return pods->done() && (!services || (services->done() && slices->done())); },
                          deadline));

    Found found;
    Listed listed;
    TRY_ASSIGN(listed.pods, pods->take());
    listed.services_known = selection.services;
    if (selection.services) {
        Result<std::vector<kube::Service>> known_services = services->take();
        Result<std::vector<kube::EndpointSlice>> known_slices = slices->take();
        listed.services_known = known_services && known_slices;
        if (listed.services_known) {
            listed.services = std::move(*known_services);
            listed.slices = std::move(*known_slices);
        } else {
            found.services_error = known_services ? known_slices.error() : known_services.error();
        }
    }
    found.inventory = make_inventory(std::move(listed));
    TRY(select_instance(found.inventory, selection));
    return found;
}

Node host_node(const net::HostPort& address, NodeKind kind) {
    Node node;
    node.name = net::to_string(address);
    node.kind = kind;
    node.address = address;
    return node;
}

Found take_hosts(const std::vector<net::HostPort>& hosts, const std::vector<net::HostPort>& sentinels,
                 const std::string& name) {
    Found found;
    Instance& instance = found.inventory.instances.emplace_back();
    for (const net::HostPort& host : hosts) instance.nodes.push_back(host_node(host, NodeKind::redis));
    for (const net::HostPort& host : sentinels) instance.sentinels.push_back(host_node(host, NodeKind::sentinel));
    instance.name = !name.empty() ? name : net::to_string(hosts.empty() ? sentinels.front() : hosts.front());
    return found;
}

}  // namespace redisctl::fleet
