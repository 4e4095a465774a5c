#include "kube/objects.h"

#include "base/text.h"
#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace redisctl::kube {

namespace {

using nlohmann::json;

Status status(const json& in) {
    return {static_cast<int>(integer_at(in, "code")), text_at(in, "reason"), text_at(in, "message")};
}

// Larger ones are no Status: a proxy's page, a log.
constexpr size_t kMaxStatusBytes = 1 << 20;

Service service(const json& in) {
    const json& spec = member(in, "spec");
    Service out;
    out.meta = meta_of(in);
    out.cluster_ip = text_at(spec, "clusterIP");
    out.selector = texts_by_name_at(spec, "selector");
    for (const json& port : list_at(spec, "ports")) {
        auto number = port_at(port, "port");
        if (!number) continue;
        auto target = port_at(port, "targetPort");
        out.ports.push_back(
            {text_at(port, "name"), *number, target ? std::to_string(*target) : text_at(port, "targetPort")});
    }
    out.publish_not_ready = flag_at(spec, "publishNotReadyAddresses");
    return out;
}

EndpointSlice endpoint_slice(const json& in) {
    EndpointSlice out;
    out.meta = meta_of(in);
    if (auto name = out.meta.labels.find("kubernetes.io/service-name"); name != out.meta.labels.end())
        out.service = name->second;
    for (const json& endpoint : list_at(in, "endpoints")) {
        // All addresses of one endpoint are the same pod, and clients take the first (discovery/v1 types.go).
        auto addresses = texts_at(endpoint, "addresses");
        const json& target = member(endpoint, "targetRef");
        out.endpoints.push_back({addresses.empty() ? "" : std::move(addresses.front()),
                                 text_at(target, "kind") == "Pod" ? text_at(target, "name") : "",
                                 flag_at(member(endpoint, "conditions"), "ready", true)});
    }
    return out;
}

}  // namespace

Result<Page<Service>> parse_services(std::string_view text) {
    return read_page(text, "ServiceList", service);
}

Result<Service> parse_service(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "Service"));
    return service(object);
}

Result<Page<EndpointSlice>> parse_endpoint_slices(std::string_view text) {
    return read_page(text, "EndpointSliceList", endpoint_slice);
}

Result<SliceEvent> parse_slice_event(std::string_view text) {
    TRY_ASSIGN(json event, read_object(text, ""));
    const json& object = member(event, "object");
    SliceEvent out;
    out.type = text_at(event, "type");
    if (out.type == "ERROR")
        out.error = status(object);
    else
        out.slice = endpoint_slice(object);
    return out;
}

Result<Meta> parse_meta(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, ""));
    return meta_of(object);
}

Result<SecretObject> parse_secret(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "Secret"));
    SecretObject out;
    out.meta = meta_of(object);
    auto data = object.find("data");
    if (data == object.end() || !data->is_object()) return out;
    for (auto& [key, value] : data->items()) {
        if (!value.is_string()) continue;
        Secret encoded(std::move(value.get_ref<std::string&>()));
        auto decoded = base64_decode(encoded.reveal());
        if (!decoded)
            return fail(ErrorCode::protocol, fmt::format("secret {} cannot be read", printable(out.meta.name)),
                        fmt::format("data.{} is no base64", printable(key)));
        out.data.emplace(key, Secret(std::move(*decoded)));
    }
    return out;
}

std::optional<Status> parse_status(std::string_view text) {
    if (text.size() > kMaxStatusBytes) return std::nullopt;
    json object = json::parse(text.begin(), text.end(), nullptr, false);
    if (text_at(object, "kind") != "Status") return std::nullopt;
    return status(object);
}

}  // namespace redisctl::kube
