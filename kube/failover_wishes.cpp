#include "kube/failover_wishes.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/resource.h"
#include "kube/spotahome.h"

#include <nlohmann/json.hpp>

namespace redisctl::kube {

Result<FailoverWishes> parse_failover_wishes(std::string_view text) {
    TRY_ASSIGN(const FailoverSpec spec, parse_failover_spec(text));
    TRY_ASSIGN(const nlohmann::json object, read_object(text, "RedisFailover"));
    const nlohmann::json &redis = member(member(object, "spec"), "redis"),
                         &sentinel = member(member(object, "spec"), "sentinel");
    FailoverWishes out;
    if (const auto port = port_at(redis, "port")) out.redis_port = *port;
    if (spec.bootstrapping()) out.bootstrap_port = spec.bootstrap_port;
    out.redis_config = texts_at(redis, "customConfig");
    out.sentinel_config = texts_at(sentinel, "customConfig");
    return out;
}

Reading<FailoverWishes> read_failover_wishes(Client& client, const std::string& ns, const std::string& name,
                                             Deadline deadline) {
    const Resource& resource = resource::redis_failovers;
    return {std::make_unique<Request>(
                client, Question{access_to("get", resource, ns, name), path_of(resource, ns, name)}, deadline),
            parse_failover_wishes};
}

}  // namespace redisctl::kube
