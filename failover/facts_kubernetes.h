// What a switch decides by that only Kubernetes knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

struct KubernetesFacts {
    std::vector<std::string> terminating;       // pods of those workloads that are being deleted
    std::optional<int64_t> credential_seconds;  // until it expires; nullopt: it does not, or this is unknown
};

}  // namespace redisctl::failover
