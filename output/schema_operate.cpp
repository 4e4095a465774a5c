#include "output/schema_operate.h"

namespace redisctl::output {

using namespace pieces;

Json background_save_item() {
    return per_instance(
        {{"nodes",
          nodes_of({{"role", role()},
                    {"state",
                     {{"description", "joined: one was under way already, and holds what was there when it began"},
                      {"enum", Json::array({"unknown", "started", "scheduled", "joined", "done", "failed"})}}},
                    {"seconds", integer_or_null("that it took")},
                    {"copyOnWriteBytes", integer_or_null("memory that it took besides")}})}});
}

Json config_change_item() {
    return per_instance({{"parameter", text()},
                         {"value", text("a password is \"(hidden)\"")},
                         {"outcome", one_of({"planned", "done", "rolled-back", "incomplete"})},
                         {"notes", array(text("how long it lasts, and whom else it concerns"))},
                         {"nodes", nodes_of({{"role", role()},
                                             {"before", text()},
                                             {"after", text_or_null("as the node says it; null: it was not set")},
                                             {"rewritten", boolean_or_null("null: not asked for")}})}});
}

Json config_restore_item() {
    Json setting = object({{"node", text()},
                           {"role", role()},
                           {"parameter", text()},
                           {"before", text("a password is \"(hidden)\"")},
                           {"saved", text("what the backup says")},
                           {"after", text_or_null("as the node says it; null: it was not set")}});
    return per_instance({{"backup", text()},
                         {"outcome", one_of({"noop", "planned", "done", "rolled-back", "incomplete"})},
                         {"notes", array(text("how long they last"))},
                         {"leftAlone", array(text("a parameter that differs and is of the node as it is now"))},
                         {"settings", array(setting)}});
}

Json flush_item() {
    Json databases{{"type", "object"}, {"additionalProperties", integer()}};
    return per_instance(
        {{"master", text()},
         {"command", text("as it was sent")},
         {"database", integer_or_null("null: all of them")},
         {"done", boolean_or_null("false: a dry run; null: nobody knows")},
         {"nodes",
          nodes_of({{"role", role()}, {"keysBefore", or_null(databases)}, {"keysAfter", or_null(databases)}})}});
}

Json latency_item() {
    Json trips = object({{"count", integer()},
                         {"lost", integer("not answered within a second")},
                         {"minMs", number_or_null()},
                         {"p50Ms", number_or_null()},
                         {"p95Ms", number_or_null()},
                         {"p99Ms", number_or_null()},
                         {"maxMs", number_or_null()}});
    Json spike = object({{"event", text("as LATENCY LATEST calls it")},
                         {"time", text("RFC 3339, of the latest")},
                         {"latestMs", integer()},
                         {"worstMs", integer("since the start, or LATENCY RESET")}});
    return per_instance(
        {{"nodes", nodes_of({{"role", role()},
                             {"roundTrips", trips},
                             {"thresholdMs", integer_or_null("latency-monitor-threshold; 0: spikes are not recorded")},
                             {"spikes", array(spike)},
                             {"doctor", text_or_null("LATENCY DOCTOR, in the server's own words")}})}});
}

Members latency_extra() {
    return {{"overSeconds", number_or_null("how long it was measured")}};
}

Members kubernetes_event_members() {
    return {{"time", text_or_null("RFC 3339, of the last time")},
            {"instance", text("namespace/name")},
            {"type", text("Normal or Warning")},
            {"reason", text()},
            {"object", text("kind/name")},
            {"count", integer("how often")},
            {"by", text_or_null("who reported it")},
            {"message", text()}};
}

Json kubernetes_events_item() {
    return per_instance({{"events", array(object(kubernetes_event_members()))}});
}

Json metrics_item() {
    Json labels{{"type", "object"}, {"additionalProperties", text()}};
    Json sample =
        object({{"name", text("as redis_exporter calls it")}, {"labels", labels}, {"value", {{"type", "number"}}}});
    return per_instance({{"nodes", nodes_of({{"role", role()}, {"metrics", array(sample)}})}});
}

Members log_line_members() {
    return {{"time", text_or_null("RFC 3339, as the kubelet says it")},
            {"instance", text("namespace/name")},
            {"node", text()},
            {"pod", text()},
            {"container", text()},
            {"text", text("passwords that a Sentinel was told are \"(hidden)\"")},
            {"failover", boolean("a role changes, a link breaks or comes to be, or a Sentinel judges or switches")}};
}

Members monitor_line_members() {
    return {{"time", text("RFC 3339 with microseconds, by the server's clock")},
            {"instance", text("namespace/name")},
            {"node", text()},
            {"database", integer()},
            {"client", text("HOST:PORT, unix:PATH, or lua: by a script")},
            {"key", text_or_null("the first key; null: it has none, or it is not known where it stands")},
            {"command",
             array(text("a word; \"(12 bytes)\" stands for a value, \"(hidden)\" for what may be a password"))}};
}

Json shell_item() {
    return per_instance({{"node", text()},
                         {"pod", text()},
                         {"container", text()},
                         {"command", array(text())},
                         {"terminal", boolean("keys go there one by one, Ctrl-C too")},
                         {"kubectl", text("the command that does the same")}});
}

}  // namespace redisctl::output
