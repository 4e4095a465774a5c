// The Spotahome operator's part of the API: what its custom resource wishes, and the Deployment that it runs as itself.
#pragma once

#include "base/result.h"
#include "kube/objects.h"
#include "kube/reads.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::kube {

// spec of a RedisFailover; the operator's own defaults are 3 and 3 (redis-operator api/redisfailover/v1/validate.go).
struct FailoverSpec {
    std::string name;
    int64_t redis = 3, sentinels = 3;
    // spec.bootstrapNode: every node follows this address, and none is ever promoted. Empty: an ordinary one.
    std::string bootstrap_host, bootstrap_port;
    bool bootstrap_sentinels = false;  // allowSentinels
    std::string auth_secret;           // spec.auth.secretPath; its key is always "password"

    bool bootstrapping() const { return !bootstrap_host.empty(); }
};

struct Deployment {
    Meta meta;
    int64_t replicas = 1, ready_replicas = 0;
};

// Errors: protocol.
Result<FailoverSpec> parse_failover_spec(std::string_view json);
Result<Page<Deployment>> parse_deployments(std::string_view json);

Reading<FailoverSpec> read_failover_spec(Client& client, const std::string& ns, const std::string& name,
                                         Deadline deadline);
// The Deployments of all namespaces that carry a name which the operator's own manifests and charts give it.
Reading<Page<Deployment>> read_operator_deployments(Client& client, Deadline deadline);

}  // namespace redisctl::kube
