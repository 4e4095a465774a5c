#include "output/schema_inspect.h"

namespace redisctl::output {

using namespace pieces;

namespace {

Json counts(std::string_view description = {}) {
    Json map{{"type", "object"}, {"additionalProperties", integer()}};
    if (!description.empty()) map["description"] = description;
    return map;
}

// What SCAN went through: one node of an instance.
Json scanned(Members rest) {
    Members members{{"node", text_or_null("the one that was gone through")},
                    {"role", {{"enum", Json::array({"master", "replica", "unknown", nullptr})}}},
                    {"database", integer()}};
    members.insert(members.end(), rest.begin(), rest.end());
    members.emplace_back("all", boolean("false: there may be more"));
    members.emplace_back("error", or_null(ref("Error")));
    return per_instance(std::move(members));
}

}  // namespace

Json big_keys_item() {
    Json key = object({{"key", text()}, {"bytes", integer("by MEMORY USAGE: the key with its value, estimated")}});
    Json type =
        object({{"type", text()}, {"keys", integer()}, {"bytes", integer("of all of them")}, {"biggest", array(key)}});
    return scanned({{"keys", integer("looked at")}, {"types", array(type)}});
}

Json clients_item() {
    Json group = object({{"value", text("what they have in common")},
                         {"connections", integer()},
                         {"types", counts("normal, replica, master, pubsub")},
                         {"blocked", integer()},
                         {"oldestSeconds", integer_or_null("since the oldest connected")},
                         {"idleSeconds", integer_or_null("since any of them sent a command")},
                         {"outputBytes", integer("waiting to be sent")}});
    return per_instance({{"nodes", nodes_of({{"role", role()},
                                             {"connections", integer_or_null("without redisctl's own")},
                                             {"by", text()},
                                             {"groups", or_null(array(group))},
                                             {"more", boolean("there are smaller groups")}})}});
}

Json config_item() {
    Json parameters{{"type", "object"}, {"additionalProperties", text("passwords are \"(hidden)\"")}};
    return per_instance({{"nodes", nodes_of({{"parameters", or_null(parameters)}})}});
}

Json config_origin_item() {
    Json origin = object({{"source", text("the object, and the place in it")}, {"value", text("passwords are \"(hidden)\"")}});
    Json parameter = object({{"name", text()},
                             {"value", text("what runs; passwords are \"(hidden)\"")},
                             {"origins", array(origin)},
                             {"afterRestart", {{"enum", Json::array({"same", "other", "unknown"})}}}});
    return per_instance({{"nodes", nodes_of({{"parameters", or_null(array(parameter))}})}});
}

Json database_sizes_item() {
    return per_instance(
        {{"nodes", nodes_of({{"role", role()},
                             {"keys", integer_or_null()},
                             {"databases", or_null(counts("db0 and so on; empty ones are not listed"))},
                             {"missing", integer_or_null("of a replica: how many fewer than the only master has")}})}});
}

Json exec_item() {
    return per_instance(
        {{"nodes",
          nodes_of({{"role", role()},
                    {"reply", {{"description", "text, number, null or list; an error in a list is {error}"}}}})}});
}

Json keys_item() {
    return scanned({{"keys", array(text())}});
}

Json memory_item() {
    return per_instance({{"nodes", nodes_of({{"role", role()},
                                             {"usedBytes", integer_or_null()},
                                             {"peakBytes", integer_or_null()},
                                             {"residentBytes", integer_or_null("as the kernel counts")},
                                             {"datasetBytes", integer_or_null()},
                                             {"replicationBuffersBytes", integer_or_null("from Redis 7.0 on")},
                                             {"clientsBytes", integer_or_null()},
                                             {"fragmentation", number_or_null("resident by used")},
                                             {"limitBytes", integer_or_null("maxmemory; 0 is none")},
                                             {"fullPercent", number_or_null("used of the limit")},
                                             {"policy", text_or_null()},
                                             {"evictedKeys", integer_or_null("since the start")}})}});
}

Json persistence_item() {
    Json rdb = object({{"schedule", text_or_null("CONFIG's save; empty is off, null where CONFIG is denied")},
                       {"lastSaveAgeSeconds", integer_or_null("since the start when nothing was saved yet")},
                       {"changesSinceLastSave", integer_or_null()},
                       {"inProgress", boolean_or_null()},
                       {"lastStatus", text_or_null("ok or err")},
                       {"lastDurationSeconds", integer_or_null()},
                       {"lastCopyOnWriteBytes", integer_or_null()}});
    Json aof = object({{"enabled", boolean_or_null()},
                       {"rewriteInProgress", boolean_or_null()},
                       {"lastRewriteStatus", text_or_null()},
                       {"lastWriteStatus", text_or_null()},
                       {"bytes", integer_or_null()},
                       {"bytesAfterRewrite", integer_or_null()}});
    return per_instance(
        {{"nodes", nodes_of({{"role", role()}, {"loading", boolean_or_null()}, {"rdb", rdb}, {"aof", aof}})}});
}

Json slow_log_item() {
    Json entry = object({{"id", integer()},
                         {"time", text("RFC 3339, by the server's clock")},
                         {"micros", integer("that it ran")},
                         {"command", array(text("passwords are \"(hidden)\""))},
                         {"client", text_or_null()},
                         {"clientName", text_or_null()}});
    return per_instance({{"nodes", nodes_of({{"entries", or_null(array(entry))}})}});
}

Json stats_item() {
    const auto unknown_when = "null when the server was restarted or its counters were reset meanwhile";
    Json per_second = object({{"commands", number_or_null(unknown_when)},
                              {"connections", number_or_null()},
                              {"inputBytes", number_or_null()},
                              {"outputBytes", number_or_null()},
                              {"expiredKeys", number_or_null()},
                              {"evictedKeys", number_or_null()}});
    Json total = object({{"commands", integer_or_null()},
                         {"rejectedConnections", integer_or_null()},
                         {"expiredKeys", integer_or_null()},
                         {"evictedKeys", integer_or_null()},
                         {"hits", integer_or_null()},
                         {"misses", integer_or_null()},
                         {"fullSyncs", integer_or_null("of replicas attached to it")},
                         {"partialSyncs", integer_or_null()},
                         {"partialSyncsRefused", integer_or_null()}});
    return per_instance({{"nodes", nodes_of({{"role", role()},
                                             {"overSeconds", number_or_null("by the server's clock")},
                                             {"perSecond", per_second},
                                             {"hitPercent", number_or_null("of the reads meanwhile; null without any")},
                                             {"cpuPercent", number_or_null("of one core, its own children's not counted")},
                                             {"memoryBytes", integer_or_null("resident, as the system counts it")},
                                             {"clients", integer_or_null()},
                                             {"blockedClients", integer_or_null()},
                                             {"total", total}})}});
}

}  // namespace redisctl::output
