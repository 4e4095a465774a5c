#include "commands/parameters.h"

#include "redis/sensitive.h"

namespace redisctl {

std::vector<redis::Request> parameter_requests(const std::vector<std::string>& patterns) {
    std::vector<redis::Request> all;
    // Several patterns in one CONFIG GET exist only from 7.0 on.
    for (const std::string& pattern : patterns) all.push_back({"CONFIG", "GET", pattern});
    if (all.empty()) all.push_back({"CONFIG", "GET", "*"});
    return all;
}

Result<Parameters> parameters_of(const AskedNode& node) {
    TRY(node.replies);
    Parameters parameters;
    for (const redis::Value& reply : *node.replies) {
        TRY_ASSIGN(Parameters some, redis::read_pairs(reply, "CONFIG"));
        parameters.merge(some);
    }
    return parameters;
}

std::string shown_value(const std::string& name, const std::string& value) {
    return redis::is_secret_parameter(name) && !value.empty() ? std::string(redis::hidden) : value;
}

}  // namespace redisctl
