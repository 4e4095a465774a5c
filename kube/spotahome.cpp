#include "kube/spotahome.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/resource.h"

#include <nlohmann/json.hpp>

namespace redisctl::kube {

namespace {

using nlohmann::json;

Deployment deployment(const json& in) {
    Deployment out;
    out.meta = meta_of(in);
    if (member(member(in, "spec"), "replicas").is_number_integer())
        out.replicas = integer_at(member(in, "spec"), "replicas");
    out.ready_replicas = integer_at(member(in, "status"), "readyReplicas");
    return out;
}

}  // namespace

Result<FailoverSpec> parse_failover_spec(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "RedisFailover"));
    const json& spec = member(object, "spec");
    const json& bootstrap = member(spec, "bootstrapNode");
    FailoverSpec out;
    out.name = meta_of(object).name;
    // 0 is what the operator takes for "not said".
    if (const int64_t count = integer_at(member(spec, "redis"), "replicas"); count > 0) out.redis = count;
    if (const int64_t count = integer_at(member(spec, "sentinel"), "replicas"); count > 0) out.sentinels = count;
    out.bootstrap_host = text_at(bootstrap, "host");
    out.bootstrap_port = text_at(bootstrap, "port");
    if (out.bootstrapping() && out.bootstrap_port.empty()) out.bootstrap_port = "6379";
    out.bootstrap_sentinels = flag_at(bootstrap, "allowSentinels");
    out.auth_secret = text_at(member(spec, "auth"), "secretPath");
    return out;
}

Result<Page<Deployment>> parse_deployments(std::string_view text) {
    return read_page<Deployment>(text, "DeploymentList", deployment);
}

Reading<FailoverSpec> read_failover_spec(Client& client, const std::string& ns, const std::string& name,
                                         Deadline deadline) {
    const Resource& resource = resource::redis_failovers;
    return {std::make_unique<Request>(
                client, Question{access_to("get", resource, ns, name), path_of(resource, ns, name)}, deadline),
            parse_failover_spec};
}

Reading<Page<Deployment>> read_operator_deployments(Client& client, Deadline deadline) {
    const std::string selector =
        "?labelSelector=" + url_escaped("app.kubernetes.io/name in (redis-operator,redisoperator)");
    const Resource& resource = resource::deployments;
    return {std::make_unique<Request>(
                client, Question{access_to("list", resource, "", ""), path_of(resource, "", "") + selector}, deadline),
            parse_deployments};
}

}  // namespace redisctl::kube
