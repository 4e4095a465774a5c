// NetworkPolicies, as far as one can tell from them whether one pod may reach another of the same namespace.
#pragma once

#include "base/result.h"
#include "kube/objects.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

struct PolicyPort {
    std::string name;                // of the container's port; empty: by number
    int64_t port = 0, end_port = 0;  // 0: every port; end_port 0: just the one
};

struct PolicyRule {
    bool from_anywhere = false;       // no `from` at all
    std::vector<LabelSelector> pods;  // of the same namespace
    bool from_elsewhere = false;      // by namespace or by address: it may allow our pods, one cannot tell from here
    std::vector<PolicyPort> ports;    // empty: all
};

struct NetworkPolicy {
    Meta meta;
    LabelSelector pods;
    bool ingress = false;  // it is about what comes in
    std::vector<PolicyRule> rules;
};

enum class Reach { allowed, denied, unknown };

// May a pod connect to another of its namespace at this TCP port? What nothing selects is open; what is selected takes
// only what some rule allows (networking.k8s.io/v1). Whether the cluster's network enforces policies is not known here.
// denied: `by` names the policies.
struct Verdict {
    Reach reach = Reach::allowed;
    std::vector<std::string> by;
};
Verdict reach(const std::vector<NetworkPolicy>& policies, const Pod& from, const Pod& to, uint16_t port);

// Errors: as parse_pods.
Result<Page<NetworkPolicy>> parse_network_policies(std::string_view json);

}  // namespace redisctl::kube
