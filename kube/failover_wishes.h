// What a RedisFailover wants the Spotahome operator to set.
#pragma once

#include "base/result.h"
#include "kube/reads.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

struct FailoverWishes {
    int64_t redis_port = 6379;
    std::string bootstrap_port;  // empty: there is no bootstrapNode
    // customConfig: "name value", which it gives by CONFIG SET and SENTINEL SET at every turn, and never in a file.
    std::vector<std::string> redis_config, sentinel_config;
};

// Errors: `protocol`.
Result<FailoverWishes> parse_failover_wishes(std::string_view json);

Reading<FailoverWishes> read_failover_wishes(Client& client, const std::string& ns, const std::string& name,
                                             Deadline deadline);

}  // namespace redisctl::kube
