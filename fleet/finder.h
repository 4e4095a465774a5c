// What the user pointed at → instances. With Kubernetes: three lists at once, while the first connections for
// port-forwards shake hands. Without: the hosts as given.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/inventory.h"
#include "kube/client.h"
#include "net/endpoint.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::fleet {

struct Selection {
    std::string ns;             // empty: all namespaces
    std::string selector;       // as kubectl's -l, for the pods
    std::string instance;       // one instance's name; empty: all
    bool port_forwards = true;  // connections to the API server will be wanted
    bool services = true;       // Services and EndpointSlices are wanted as witnesses
};

struct Found {
    Inventory inventory;
    std::optional<Error>
        services_error;  // why Services and EndpointSlices could not be read; the rest stands without them
};

// Errors: not_found (nothing there; no such instance, with the names there are), forbidden for the pods, unreachable,
// timeout, interrupted.
Result<Found> find_in_kubernetes(kube::Client& client, const Selection& selection, Deadline deadline);

// One instance of plain hosts. name: --instance, else --master-name, else the first host as given.
Found take_hosts(const std::vector<net::HostPort>& hosts, const std::vector<net::HostPort>& sentinels,
                 const std::string& name);

// A node for a plain address, called "H:P".
Node host_node(const net::HostPort& address, NodeKind kind);

}  // namespace redisctl::fleet
