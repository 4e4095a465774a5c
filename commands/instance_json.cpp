#include "commands/instance_json.h"

#include "base/json_values.h"
#include "output/document.h"

#include <nlohmann/json.hpp>

#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

Json error_of(const std::optional<Error>& error, const std::string& node) {
    return error ? output::to_json(output::ErrorItem{"", node, *error}) : Json(nullptr);
}

Json to_json(const topology::SentinelPicture& sentinel) {
    Json json;
    json["name"] = sentinel.name;
    json["pod"] = text_or_null(sentinel.pod);
    json["k8sNode"] = text_or_null(sentinel.k8s_node);
    json["address"] = text_or_null(sentinel.address);
    const redis::SentinelView view = sentinel.view.value_or(redis::SentinelView{});
    const redis::SentinelMaster* master = sentinel.master ? &*sentinel.master : nullptr;
    json["version"] = text_or_null(view.version);
    json["runId"] = text_or_null(view.run_id);
    json["masterName"] = master ? text_or_null(master->name) : nullptr;
    json["master"] = text_or_null(sentinel.master_node);
    json["masterHost"] = master ? text_or_null(master->host) : nullptr;
    json["masterPort"] = master ? value_or_null(master->port) : nullptr;
    json["epoch"] = master ? value_or_null(master->config_epoch) : nullptr;
    json["quorum"] = master ? value_or_null(master->quorum) : nullptr;
    json["knownReplicas"] = master ? value_or_null(master->known_replicas) : nullptr;
    json["knownSentinels"] = master ? value_or_null(master->known_sentinels) : nullptr;
    json["tilt"] = value_or_null(view.tilt);
    json["flags"] = master ? text_or_null(master->flags) : nullptr;
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
    json["pod"] = text_or_null(node.pod);
    json["k8sNode"] = text_or_null(node.k8s_node);
    json["address"] = text_or_null(node.address);
    json["version"] = text_or_null(view.version);
    json["runId"] = text_or_null(view.run_id);
    json["role"] = redis::role_name(view.role);
    json["masterNode"] = text_or_null(node.master_node);
    json["masterHost"] = text_or_null(view.master_host);
    json["masterPort"] = value_or_null(view.master_port);
    json["linkStatus"] = view.link_up ? Json(*view.link_up ? "up" : "down") : Json(nullptr);
    json["offset"] = value_or_null(node.offset);
    json["lagBytes"] = value_or_null(node.lag_bytes);
    json["lagSeconds"] = value_or_null(node.lag_seconds);
    json["lastIoSeconds"] = value_or_null(view.last_io_seconds);
    json["syncInProgress"] = value_or_null(view.sync_in_progress);
    json["connectedReplicas"] = value_or_null(view.connected_replicas);
    json["priority"] = value_or_null(view.priority);
    json["replid"] = text_or_null(view.replid);
    json["error"] = error_of(node.error, node.name);
    return json;
}

Json to_json(const topology::Picture& picture) {
    Json json;
    json["name"] = picture.name;
    json["namespace"] = text_or_null(picture.ns);
    json["system"] = picture.system;
    json["evidence"] = picture.evidence;
    json["health"] = topology::health_name(picture.health);
    json["master"] = text_or_null(picture.master);
    for (const char* list : {"witnesses", "nodes", "sentinels", "services"}) json[list] = Json::array();
    for (const topology::Witness& witness : picture.witnesses) json["witnesses"].push_back(to_json(witness));
    for (const topology::NodePicture& node : picture.nodes) json["nodes"].push_back(to_json(node));
    for (const topology::SentinelPicture& sentinel : picture.sentinels) json["sentinels"].push_back(to_json(sentinel));
    for (const topology::ServicePicture& service : picture.services) json["services"].push_back(to_json(service));
    return json;
}

}  // namespace redisctl
