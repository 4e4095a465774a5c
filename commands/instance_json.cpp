#include "commands/instance_json.h"

#include "output/document.h"

#include <nlohmann/json.hpp>

#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

Json text(const std::string& value) {
    return value.empty() ? Json(nullptr) : Json(value);
}

template <class T>
Json maybe(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json error_of(const std::optional<Error>& error, const std::string& node) {
    return error ? output::to_json(output::ErrorItem{"", node, *error}) : Json(nullptr);
}

Json to_json(const topology::SentinelPicture& sentinel) {
    Json json;
    json["name"] = sentinel.name;
    json["pod"] = text(sentinel.pod);
    json["k8sNode"] = text(sentinel.k8s_node);
    json["address"] = text(sentinel.address);
    const redis::SentinelView view = sentinel.view.value_or(redis::SentinelView{});
    const redis::SentinelMaster* master = sentinel.master ? &*sentinel.master : nullptr;
    json["version"] = text(view.version);
    json["runId"] = text(view.run_id);
    json["masterName"] = master ? text(master->name) : nullptr;
    json["master"] = text(sentinel.master_node);
    json["masterHost"] = master ? text(master->host) : nullptr;
    json["masterPort"] = master ? maybe(master->port) : nullptr;
    json["epoch"] = master ? maybe(master->config_epoch) : nullptr;
    json["quorum"] = master ? maybe(master->quorum) : nullptr;
    json["knownReplicas"] = master ? maybe(master->known_replicas) : nullptr;
    json["knownSentinels"] = master ? maybe(master->known_sentinels) : nullptr;
    json["tilt"] = maybe(view.tilt);
    json["flags"] = master ? text(master->flags) : nullptr;
    json["error"] = error_of(sentinel.error, sentinel.name);
    return json;
}

Json to_json(const topology::ServicePicture& service) {
    return {{"name", service.name},   {"type", service.type},          {"selector", service.selector},
            {"ready", service.ready}, {"notReady", service.not_ready}, {"routesTo", service.routes_to}};
}

}  // namespace

Json to_json(const topology::Witness& witness) {
    return {{"source", witness.source}, {"by", witness.by}, {"says", witness.says}};
}

Json to_json(const topology::NodePicture& node) {
    const redis::NodeView view = node.view.value_or(redis::NodeView{});
    Json json;
    json["name"] = node.name;
    json["pod"] = text(node.pod);
    json["k8sNode"] = text(node.k8s_node);
    json["address"] = text(node.address);
    json["version"] = text(view.version);
    json["runId"] = text(view.run_id);
    json["role"] = redis::role_name(view.role);
    json["masterNode"] = text(node.master_node);
    json["masterHost"] = text(view.master_host);
    json["masterPort"] = maybe(view.master_port);
    json["linkStatus"] = view.link_up ? Json(*view.link_up ? "up" : "down") : Json(nullptr);
    json["offset"] = maybe(node.offset);
    json["lagBytes"] = maybe(node.lag_bytes);
    json["lagSeconds"] = maybe(node.lag_seconds);
    json["lastIoSeconds"] = maybe(view.last_io_seconds);
    json["syncInProgress"] = maybe(view.sync_in_progress);
    json["connectedReplicas"] = maybe(view.connected_replicas);
    json["priority"] = maybe(view.priority);
    json["replid"] = text(view.replid);
    json["error"] = error_of(node.error, node.name);
    return json;
}

Json to_json(const topology::Picture& picture) {
    Json json;
    json["name"] = picture.name;
    json["namespace"] = text(picture.ns);
    json["system"] = picture.system;
    json["evidence"] = picture.evidence;
    json["health"] = topology::health_name(picture.health);
    json["master"] = text(picture.master);
    for (const char* list : {"witnesses", "nodes", "sentinels", "services"}) json[list] = Json::array();
    for (const topology::Witness& witness : picture.witnesses) json["witnesses"].push_back(to_json(witness));
    for (const topology::NodePicture& node : picture.nodes) json["nodes"].push_back(to_json(node));
    for (const topology::SentinelPicture& sentinel : picture.sentinels) json["sentinels"].push_back(to_json(sentinel));
    for (const topology::ServicePicture& service : picture.services) json["services"].push_back(to_json(service));
    return json;
}

}  // namespace redisctl
