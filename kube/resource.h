// The kinds of objects that redisctl reads and changes: where they stand in the API, and what RBAC calls them.
#pragma once

#include "kube/api_error.h"

#include <string>
#include <string_view>

namespace redisctl::kube {

struct Resource {
    std::string_view group, version, plural;  // group "" is core
    bool namespaced = true;
};

namespace resource {
inline constexpr Resource pods{"", "v1", "pods"};
inline constexpr Resource config_maps{"", "v1", "configmaps"};
inline constexpr Resource secrets{"", "v1", "secrets"};
inline constexpr Resource volume_claims{"", "v1", "persistentvolumeclaims"};
inline constexpr Resource services{"", "v1", "services"};
inline constexpr Resource namespaces{"", "v1", "namespaces", false};
inline constexpr Resource k8s_nodes{"", "v1", "nodes", false};
inline constexpr Resource deployments{"apps", "v1", "deployments"};
inline constexpr Resource stateful_sets{"apps", "v1", "statefulsets"};
inline constexpr Resource disruption_budgets{"policy", "v1", "poddisruptionbudgets"};
inline constexpr Resource endpoint_slices{"discovery.k8s.io", "v1", "endpointslices"};
inline constexpr Resource network_policies{"networking.k8s.io", "v1", "networkpolicies"};
inline constexpr Resource leases{"coordination.k8s.io", "v1", "leases"};
inline constexpr Resource access_reviews{"authorization.k8s.io", "v1", "selfsubjectaccessreviews", false};
// Custom resources of the Spotahome and the OT-CONTAINER-KIT operator.
inline constexpr Resource redis_failovers{"databases.spotahome.com", "v1", "redisfailovers"};
inline constexpr Resource redis_replications{"redis.redis.opstreelabs.in", "v1beta2", "redisreplications"};
}  // namespace resource

// "/apis/apps/v1/namespaces/NS/statefulsets/NAME". ns empty: all namespaces (or none, when it has none); name empty:
// the collection.
std::string path_of(const Resource& resource, std::string_view ns, std::string_view name);

// The same in the words of RBAC.
Access access_to(std::string_view verb, const Resource& resource, std::string ns, std::string name);

// A text as it may stand in a path or a query.
std::string url_escaped(std::string_view text);

}  // namespace redisctl::kube
