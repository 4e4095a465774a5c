#include "output/schema_pieces.h"

#include <map>
#include <set>

namespace redisctl::output::pieces {

namespace {

Json typed(Json type, std::string_view description) {
    Json schema{{"type", std::move(type)}};
    if (!description.empty()) schema["description"] = description;
    return schema;
}

constexpr std::string_view kRefPrefix = "#/$defs/";

Json instance() {
    return object({{"name", text()},
                   {"namespace", text_or_null("null without Kubernetes")},
                   {"system", one_of({"standalone", "generic", "sentinel", "bitnami-standalone", "bitnami-replication",
                                      "bitnami-sentinel", "bitnami-ismaster", "spotahome", "spotahome-bootstrap",
                                      "sb-standalone", "sb-replica", "unrelated-masters", "cluster-mode"})},
                   {"evidence", array(text())},
                   {"health", one_of({"healthy", "degraded", "critical", "unknown"})},
                   {"master", text_or_null("null unless all witnesses agree")},
                   {"witnesses", array(ref("Witness"))},
                   {"nodes", array(ref("Node"))},
                   {"sentinels", array(ref("Sentinel"))},
                   {"services", array(ref("Service"))}});
}

Json node() {
    return object(
        {{"name", text()},
         {"pod", text_or_null()},
         {"k8sNode", text_or_null()},
         {"address", text_or_null("host:port")},
         {"version", text_or_null()},
         {"runId", text_or_null()},
         {"role", role()},
         {"masterNode", text_or_null("the node at masterHost:masterPort; null when it is none of the instance")},
         {"masterHost", text_or_null()},
         {"masterPort", integer_or_null()},
         {"linkStatus", link_status()},
         {"offset", integer_or_null("master_repl_offset of a master, the applied offset of a replica")},
         {"lagBytes",
          integer_or_null("behind the master, from the same look and on the same history; null for a master")},
         {"lagSeconds", integer_or_null("since the master last heard this replica's acknowledgement")},
         {"lastIoSeconds", integer_or_null("what INFO calls it; no lag")},
         {"syncInProgress", boolean_or_null()},
         {"connectedReplicas", integer_or_null()},
         {"priority", integer_or_null()},
         {"replid", text_or_null()},
         {"error", or_null(ref("Error"))}});
}

Json sentinel() {
    return object({{"name", text()},
                   {"pod", text_or_null()},
                   {"k8sNode", text_or_null()},
                   {"address", text_or_null("host:port")},
                   {"version", text_or_null()},
                   {"runId", text_or_null()},
                   {"masterName", text_or_null("what it calls this instance's master")},
                   {"master", text_or_null("the node that it says is master")},
                   {"masterHost", text_or_null()},
                   {"masterPort", integer_or_null()},
                   {"epoch", integer_or_null()},
                   {"quorum", integer_or_null()},
                   {"knownReplicas", integer_or_null()},
                   {"knownSentinels", integer_or_null("the others")},
                   {"tilt", boolean_or_null()},
                   {"flags", text_or_null()},
                   {"error", or_null(ref("Error"))}});
}

Json service() {
    return object({{"name", text()},
                   {"type", service_type()},
                   {"selector", array(text("key=value"))},
                   {"ready", array(text("a node, or an address that is none"))},
                   {"notReady", array(text())},
                   {"routesTo", service_routes_to()}});
}

Json witness() {
    return object({{"source", one_of({"role", "sentinel", "label", "service"})}, {"by", text()}, {"says", text()}});
}

Json finding() {
    return object({{"code", text()},
                   {"severity", one_of({"info", "warning", "critical"})},
                   {"instance", text_or_null("namespace/name; the bare name without Kubernetes")},
                   {"node", text_or_null("null when it is about the instance")},
                   {"message", text()},
                   {"hint", text_or_null()}});
}

Json error() {
    return object({{"code", text()},
                   {"instance", text_or_null()},
                   {"node", text_or_null()},
                   {"message", text()},
                   {"cause", text_or_null()},
                   {"hint", text_or_null()}});
}

void collect_refs(const Json& schema, std::set<std::string>& names) {
    if (schema.is_object() && schema.contains("$ref")) {
        std::string name = schema.at("$ref").get<std::string>().substr(kRefPrefix.size());
        if (names.insert(name).second) collect_refs(definition(name), names);
    }
    if (schema.is_structured())
        for (const Json& part : schema) collect_refs(part, names);
}

}  // namespace

Json text(std::string_view description) {
    return typed("string", description);
}
Json text_or_null(std::string_view description) {
    return typed({"string", "null"}, description);
}
Json integer(std::string_view description) {
    return typed("integer", description);
}
Json integer_or_null(std::string_view description) {
    return typed({"integer", "null"}, description);
}
Json number_or_null(std::string_view description) {
    return typed({"number", "null"}, description);
}
Json boolean(std::string_view description) {
    return typed("boolean", description);
}
Json boolean_or_null(std::string_view description) {
    return typed({"boolean", "null"}, description);
}
Json constant(std::string_view value) {
    return Json{{"const", value}};
}

Json one_of(std::initializer_list<std::string_view> values) {
    Json list = Json::array();
    for (std::string_view value : values) list.push_back(value);
    return Json{{"enum", list}};
}

Json role() {
    return one_of({"master", "replica", "unknown"});
}
Json service_type() {
    return one_of({"master", "replicas", "all", "headless", "sentinel", "other"});
}
Json service_routes_to() {
    return one_of({"master", "replica", "all", "nothing", "unknown"});
}
Json link_status() {
    return Json{{"enum", Json::array({"up", "down", nullptr})}};
}
Json array(Json items) {
    return Json{{"type", "array"}, {"items", std::move(items)}};
}
Json or_null(Json schema) {
    return Json{{"anyOf", Json::array({std::move(schema), Json{{"type", "null"}}})}};
}

Json object(const Members& members) {
    Json properties = Json::object(), required = Json::array();
    for (const auto& [name, schema] : members) {
        properties[name] = schema;
        required.push_back(name);
    }
    return Json{
        {"type", "object"}, {"additionalProperties", false}, {"required", required}, {"properties", properties}};
}

Json nodes_of(Members members) {
    members.insert(members.begin(), {"name", text()});
    members.emplace_back("error", or_null(ref("Error")));
    return array(object(members));
}

Json per_instance(Members rest) {
    Members members{{"instance", text("the instance's name")}, {"namespace", text_or_null("null without Kubernetes")}};
    members.insert(members.end(), rest.begin(), rest.end());
    return object(members);
}

Json ref(std::string_view name) {
    return Json{{"$ref", std::string(kRefPrefix) + std::string(name)}};
}

Json definition(std::string_view name) {
    static const std::map<std::string_view, Json (*)()> definitions{
        {"Error", error},       {"Finding", finding}, {"Instance", instance}, {"Node", node},
        {"Sentinel", sentinel}, {"Service", service}, {"Witness", witness}};
    return definitions.at(name)();
}

Json used_definitions(const Json& schema) {
    std::set<std::string> names;
    collect_refs(schema, names);
    Json result = Json::object();
    for (const std::string& name : names) result[name] = definition(name);
    return result;
}

}  // namespace redisctl::output::pieces
