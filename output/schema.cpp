#include "output/schema.h"

#include "output/json_text.h"
#include "output/schema_backup.h"
#include "output/schema_changes.h"
#include "output/schema_clients.h"
#include "output/schema_inspect.h"
#include "output/schema_operate.h"
#include "output/schema_pieces.h"
#include "output/schema_snapshot.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace redisctl::output {

namespace {

using namespace pieces;

Json status_item() {
    Json instance = definition("Instance");
    instance["properties"]["verdict"] = text("one sentence for people");
    instance["required"].push_back("verdict");
    return instance;
}

Json master_info_item() {
    return per_instance({{"master", text_or_null("null unless all witnesses agree")},
                         {"agreed", boolean()},
                         {"witnesses", array(ref("Witness"))},
                         {"node", or_null(ref("Node"))}});
}

Json replica_lag_item() {
    return per_instance(
        {{"master", text_or_null()},
         {"masterOffset", integer_or_null()},
         {"replicas",
          nodes_of({{"role", role()},
                    {"linkStatus", link_status()},
                    {"offset", integer_or_null("bytes applied")},
                    {"lagBytes", integer_or_null("behind the master on the same history, from the same look")},
                    {"lagSeconds", integer_or_null("since the master last heard the replica's acknowledgement")},
                    {"lastIoSeconds", integer_or_null("what INFO calls it; no lag")},
                    {"withinLimits", boolean_or_null("null when no limit was asked for")}})}});
}

Json role_item() {
    return per_instance(
        {{"nodes", nodes_of({{"role", role()},
                             {"masterHost", text_or_null()},
                             {"masterPort", integer_or_null()},
                             {"masterNode",
                              text_or_null("the node at masterHost:masterPort; null when it is none of the instance")},
                             {"linkStatus", link_status()},
                             {"offset", integer_or_null("of a master what it wrote, of a replica what it applied")},
                             {"replicas", integer_or_null("attached")}})}});
}

Json ping_item() {
    return per_instance(
        {{"nodes", nodes_of({{"kind", one_of({"redis", "sentinel"})},
                             {"ok", boolean()},
                             {"tookMs", number_or_null("from the start of the connection to the answer")},
                             {"reply", text_or_null()}})}});
}

Json pod_list_item() {
    return per_instance(
        {{"nodes", nodes_of({{"pod", text_or_null()},
                             {"kind", one_of({"redis", "sentinel"})},
                             {"phase", text_or_null()},
                             {"ready", boolean_or_null()},
                             {"restarts", integer_or_null()},
                             {"k8sNode", text_or_null()},
                             {"address", text_or_null()},
                             {"route", one_of({"port-forward", "direct"})},
                             {"tls", boolean()},
                             {"passwordSource", text("where the password comes from, never what it is")},
                             {"ownerKind", text_or_null()},
                             {"owner", text_or_null()}})}});
}

Json services_item() {
    Json endpoint = object({{"name", text("a node, or a pod or address that is none")},
                            {"kind", one_of({"redis", "sentinel", "other"})},
                            {"ready", boolean("clients are led there")},
                            {"role", role()},
                            {"linkStatus", link_status()}});
    Json verdict{{"enum", Json::array({"ok", "warning", "critical", "unknown", nullptr})},
                 {"description", "null where it is not judged: headless, other, Redis Cluster"}};
    Json service = object({{"name", text()},
                           {"type", service_type()},
                           {"selector", array(text("key=value"))},
                           {"routesTo", service_routes_to()},
                           {"verdict", verdict},
                           {"code", text_or_null("of the finding that the verdict comes from")},
                           {"endpoints", array(endpoint)}});
    return per_instance({{"master", text_or_null("null unless all witnesses agree")}, {"services", array(service)}});
}

Json explanation_item() {
    return object({{"code", text("of a finding; stable")},
                   {"about", text("the heading that it stands under")},
                   {"severity", one_of({"info", "warning", "critical"})},
                   {"except", text_or_null("when it has another severity")},
                   {"means", text("what it means; code stands in backquotes")},
                   {"look", text_or_null("what to look at or to do")},
                   {"paste", array(text("a command; words in capitals are to be replaced"))}});
}

Members forward_event_members() {
    return {{"time", text("RFC 3339")},
            {"event", one_of({"forwarding", "waiting", "error"})},
            {"port", integer("on 127.0.0.1")},
            {"node", text_or_null("that new connections lead to; null: they are closed at once")},
            {"role", role()},
            {"closed", integer("connections that led to the node before and were closed")},
            {"error", or_null(ref("Error"))}};
}

Json make_target_item() {
    return object({{"target", text("of make/ops/redis.mk")},
                   {"command", text_or_null("what to type instead; null when nothing takes its place yet")},
                   {"note", text()}});
}

Json wait_item() {
    Json condition = object({{"condition", text("as it was asked for")},
                             {"met", boolean("by the last look")},
                             {"missing", text_or_null("what it lacks; null when it is met")}});
    return per_instance({{"master", text_or_null("null unless all witnesses agree")},
                         {"health", one_of({"healthy", "degraded", "critical", "unknown"})},
                         {"conditions", array(condition)}});
}

Members watch_event_members() {
    Members phases;
    for (const char* phase : {"sdownMs", "odownMs", "tryFailoverMs", "electedMs", "switchMasterMs", "failoverEndMs",
                              "roleMs", "labelMs", "endpointsMs", "agreedMs"})
        phases.emplace_back(phase, integer_or_null());
    phases.insert(phases.begin(), {"noMasterMs", integer_or_null("how long no look saw a master that answered")});
    return {{"seq", integer()},
            {"time", text("RFC 3339, when it was seen; of what was told to redisctl, when it arrived")},
            {"instance", text_or_null("namespace/name; null where it is about all")},
            {"event", one_of({"begin", "look", "events", "sentinel", "settled", "master", "masters", "health", "node",
                              "answers", "process", "role", "follows", "link", "label", "says", "flags", "endpoints"})},
            {"subject", text_or_null("a node, Sentinel or Service; pods and endpointslices as sources of events")},
            {"from", text_or_null()},
            {"to", text_or_null()},
            {"heldMs", integer_or_null("how long `from` was seen; null when it began before the watch")},
            {"sinceMs", integer_or_null("since the first sign of the switch under way; null when there is none")},
            {"by", text_or_null("the Sentinel that published it")},
            {"channel", text_or_null("what it published: +sdown, +switch-master …")},
            {"text", text_or_null("in its own words")},
            {"phases", or_null(object(phases))}};
}

Json info_item() {
    Json section{{"type", "object"}, {"additionalProperties", text()}};
    return per_instance(
        {{"nodes", nodes_of({{"sections", or_null(Json{{"type", "object"}, {"additionalProperties", section}})}})}});
}

Json version_item() {
    return per_instance(
        {{"nodes", nodes_of({{"server", text_or_null("redis or valkey")}, {"version", text_or_null()}})},
         {"mixed", boolean()}});
}

Members version_extra() {
    Json libraries{{"type", "object"}, {"additionalProperties", text()}};
    return {{"client", object({{"version", text()}, {"libraries", libraries}})}};
}

Json doctor_item() {
    Json area = object({{"area", text("a heading of docs/findings.md")},
                        {"verdict", one_of({"ok", "info", "warning", "critical", "unknown"})},
                        {"findings", integer()}});
    return per_instance({{"system", text()},
                         {"health", one_of({"healthy", "degraded", "critical", "unknown"})},
                         {"areas", array(area)}});
}

Json upgrade_item() {
    Json gate = object({{"gate", text("findings, master, replicas, lag, versions, backup, nodes, keys")},
                        {"value", text()},
                        {"limit", text("what it must be")},
                        {"ok", boolean("false where the value is unknown")},
                        {"hint", text_or_null("a command, where it is not ok")}});
    Json keys{{"type", Json::array({"object", "null"})}, {"additionalProperties", integer()}};
    Json node = object({{"name", text()}, {"version", text_or_null()}, {"keys", keys}});
    return per_instance({{"system", text()},
                         {"ready", boolean("every gate is ok")},
                         {"gates", array(gate)},
                         {"time", text("RFC 3339")},
                         {"master", text_or_null()},
                         {"nodes", array(node)}});
}

Json sentinel_view_item() {
    const auto recalled = [](Members more) {
        Members members{
            {"address", text("as the Sentinel says it")},
            {"node", text_or_null("of this instance, or namespace/instance/node of another one")},
            {"standing", one_of({"here", "silent", "ghost", "elsewhere", "crossed"})},
            {"heard", boolean("by this Sentinel, within seconds")},
            {"id", text_or_null("of a replica its run id, of a Sentinel its own id")},
            {"flags", text()},
            {"silentMs", integer_or_null("since its last good answer to this Sentinel, or since it was added")}};
        members.insert(members.end(), more.begin(), more.end());
        return array(object(members));
    };
    Json sentinel = object(
        {{"name", text()},
         {"pod", text_or_null()},
         {"k8sNode", text_or_null()},
         {"address", text_or_null()},
         {"version", text_or_null()},
         {"runId", text_or_null()},
         {"id", text_or_null("by which Sentinels know each other; null before 6.2")},
         {"tilt", boolean_or_null()},
         {"masterName", text_or_null("what it calls the master")},
         {"master", text_or_null("the node that it watches; null when that is none of the instance")},
         {"masterHost", text_or_null()},
         {"masterPort", integer_or_null()},
         {"onMaster", boolean("that is the instance's master")},
         {"flags", text_or_null()},
         {"epoch", integer_or_null()},
         {"quorum", integer_or_null()},
         {"downAfterMs", integer_or_null()},
         {"failoverTimeoutMs", integer_or_null()},
         {"parallelSyncs", integer_or_null()},
         {"scripts", array(text("notification-script, client-reconfig-script"))},
         {"checkQuorum", or_null(object({{"ok", boolean()}, {"message", text()}}))},
         {"voters", integer_or_null("it and all the Sentinels that it remembers")},
         {"votes", integer_or_null("how many of them would vote in a failover that it leads")},
         {"votesNeeded", integer_or_null("the quorum, or the majority of the voters where that is more")},
         {"agreeing", integer_or_null("how many of those could say that the master is down; the quorum must")},
         {"replicas",
          recalled({{"linkStatus", link_status()}, {"offset", integer_or_null()}, {"priority", integer_or_null()}})},
         {"sentinels", recalled({})},
         {"error", or_null(ref("Error"))}});
    return per_instance({{"system", text()},
                         {"master", text_or_null("null when it is not clear")},
                         {"canFailOver", boolean_or_null("null when no Sentinel could be asked")},
                         {"obstacles", array(text("why a failover could not happen"))},
                         {"sentinels", array(sentinel)}});
}

struct Kind {
    std::string_view name;
    Json (*item)();
    Members (*extra)();
    Members (*whole)() = nullptr;  // the document has no envelope, and these members
};

Members none() {
    return {};
}
Json instance_item() {
    return ref("Instance");
}

constexpr std::array<Kind, 56> kKinds{{{"AofRewrite", background_save_item, none},
                                       {"BackgroundSave", background_save_item, none},
                                       {"Backup", backup_item, none},
                                       {"BackupCheck", backup_check_item, none},
                                       {"BackupList", backup_list_item, none},
                                       {"BackupPlan", backup_plan_item, none},
                                       {"BigKeys", big_keys_item, none},
                                       {"ClientSettings", client_settings_item, none},
                                       {"Clients", clients_item, none},
                                       {"Config", config_item, none},
                                       {"ConfigChange", config_change_item, none},
                                       {"ConfigDiff", config_item, none},
                                       {"ConfigOrigin", config_origin_item, none},
                                       {"ConfigRestore", config_restore_item, none},
                                       {"DatabaseSizes", database_sizes_item, none},
                                       {"Doctor", doctor_item, none},
                                       {"Event", nullptr, nullptr, event_members},
                                       {"Exec", exec_item, none},
                                       {"Explanation", explanation_item, none},
                                       {"Flush", flush_item, none},
                                       {"ForwardEvent", nullptr, nullptr, forward_event_members},
                                       {"HaproxyCheck", haproxy_check_item, none},
                                       {"HaproxyConfig", haproxy_config_item, none},
                                       {"History", history_item, none},
                                       {"Info", info_item, none},
                                       {"Keys", keys_item, none},
                                       {"KubernetesEvent", nullptr, nullptr, kubernetes_event_members},
                                       {"KubernetesEvents", kubernetes_events_item, none},
                                       {"Latency", latency_item, latency_extra},
                                       {"LogLine", nullptr, nullptr, log_line_members},
                                       {"MakeTargets", make_target_item, none},
                                       {"MasterInfo", master_info_item, none},
                                       {"Memory", memory_item, none},
                                       {"Metrics", metrics_item, none},
                                       {"MonitorLine", nullptr, nullptr, monitor_line_members},
                                       {"OperationResult", nullptr, nullptr, result_members},
                                       {"Persistence", persistence_item, none},
                                       {"Ping", ping_item, none},
                                       {"Plan", nullptr, nullptr, plan_members},
                                       {"PodList", pod_list_item, none},
                                       {"ReplicaLag", replica_lag_item, none},
                                       {"ReplicationInfo", instance_item, none},
                                       {"Role", role_item, none},
                                       {"SentinelView", sentinel_view_item, none},
                                       {"Services", services_item, none},
                                       {"Shell", shell_item, none},
                                       {"SlowLog", slow_log_item, none},
                                       {"Snapshot", snapshot_item, none},
                                       {"SnapshotList", snapshot_list_item, none},
                                       {"Stats", stats_item, none},
                                       {"Status", status_item, none},
                                       {"UpgradeCheck", upgrade_item, none},
                                       {"UpgradeVerify", upgrade_item, none},
                                       {"Version", version_item, version_extra},
                                       {"Wait", wait_item, none},
                                       {"WatchEvent", nullptr, nullptr, watch_event_members}}};

}  // namespace

std::vector<std::string_view> schema_kinds() {
    std::vector<std::string_view> names;
    for (const Kind& kind : kKinds) names.push_back(kind.name);
    return names;
}

std::optional<Json> schema(std::string_view name) {
    auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return k.name == name; });
    if (kind == kKinds.end()) return std::nullopt;
    Members members{{"apiVersion", constant("redisctl/v1")}, {"kind", constant(name)}};
    if (kind->whole) {
        for (auto& member : kind->whole()) members.push_back(std::move(member));
    } else {
        members.insert(members.end(), {{"context", text_or_null("the kubeconfig's context; null without Kubernetes")},
                                       {"items", array(kind->item())},
                                       {"findings", array(ref("Finding"))},
                                       {"errors", array(ref("Error"))}});
    }

    Json result{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", name}};
    result.update(object(members));
    // Not required: the envelope of a command that failed has only what every kind has.
    if (!kind->whole)
        for (auto& [member, part] : kind->extra()) result["properties"][member] = std::move(part);
    result["$defs"] = used_definitions(result);
    return result;
}

std::optional<std::string> schema_text(std::string_view kind) {
    auto found = schema(kind);
    if (!found) return std::nullopt;
    return json_text(*found, Layout::indented);
}

}  // namespace redisctl::output
