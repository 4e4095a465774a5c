#include "kube/lease.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/request.h"
#include "kube/resource.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace redisctl::kube {

namespace {

using nlohmann::json;

std::string lease_body(const Lease& lease) {
    json metadata{{"name", lease.meta.name}, {"namespace", lease.meta.ns}};
    if (!lease.meta.resource_version.empty()) metadata["resourceVersion"] = lease.meta.resource_version;
    for (const auto& [key, value] : lease.meta.labels) metadata["labels"][key] = value;
    for (const auto& [key, value] : lease.meta.annotations) metadata["annotations"][key] = value;
    json spec{{"holderIdentity", lease.holder},
              {"leaseDurationSeconds", lease.duration_seconds},
              {"leaseTransitions", lease.transitions}};
    if (!lease.acquired.empty()) spec["acquireTime"] = lease.acquired;
    if (!lease.renewed.empty()) spec["renewTime"] = lease.renewed;
    const json body{{"apiVersion", "coordination.k8s.io/v1"},
                    {"kind", "Lease"},
                    {"metadata", std::move(metadata)},
                    {"spec", std::move(spec)}};
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Lease> write(Client& client, std::string_view method, std::string_view verb, const Lease& lease,
                    const std::string& path, Deadline deadline) {
    Question question;
    question.access = access_to(verb, resource::leases, lease.meta.ns, lease.meta.name);
    question.path = path + "?fieldManager=redisctl";
    question.method = method;
    question.body = lease_body(lease);
    question.only_reads = false;
    TRY_ASSIGN(const std::string body, ask(client, std::move(question), deadline));
    return parse_lease(body);
}

}  // namespace

Result<Lease> parse_lease(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "Lease"));
    const json& spec = member(object, "spec");
    Lease out;
    out.meta = meta_of(object);
    out.holder = text_at(spec, "holderIdentity");
    out.duration_seconds = integer_at(spec, "leaseDurationSeconds");
    out.acquired = text_at(spec, "acquireTime");
    out.renewed = text_at(spec, "renewTime");
    out.transitions = integer_at(spec, "leaseTransitions");
    return out;
}

Reading<Lease> read_lease(Client& client, const std::string& ns, const std::string& name, Deadline deadline) {
    Question question{access_to("get", resource::leases, ns, name), path_of(resource::leases, ns, name)};
    return {std::make_unique<Request>(client, std::move(question), deadline), parse_lease};
}

Result<Lease> create_lease(Client& client, const Lease& lease, Deadline deadline) {
    return write(client, "POST", "create", lease, path_of(resource::leases, lease.meta.ns, ""), deadline);
}

Result<Lease> update_lease(Client& client, const Lease& lease, Deadline deadline) {
    return write(client, "PUT", "update", lease, path_of(resource::leases, lease.meta.ns, lease.meta.name), deadline);
}

}  // namespace redisctl::kube
