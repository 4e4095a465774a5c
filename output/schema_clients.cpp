#include "output/schema_clients.h"

namespace redisctl::output {

using namespace pieces;

Json haproxy_config_item() {
    return per_instance(
        {{"writePort", integer("leads to the master")},
         {"readPort", integer("leads to the linked replicas")},
         {"passwordVariable", text_or_null("of HAProxy's environment; null when the file needs none")},
         {"holdsPassword", boolean("the password stands in the text")},
         {"servers", array(object({{"name", text("in the file")}, {"node", text()}, {"address", text("host:port")}}))},
         {"text", text("the haproxy.cfg")}});
}

Json haproxy_check_item() {
    const Json server =
        object({{"name", text()},
                {"line", integer()},
                {"address", text("as it is written")},
                {"node", text_or_null("the node that it is; null when it is none, or cannot be told")}});
    const Json backend = object({{"name", text()},
                                 {"line", integer()},
                                 {"lets", one_of({"master", "replicas", "all", "unknown"})},
                                 {"servers", array(server)}});
    const Json problem = object({{"code", text()},
                                 {"severity", one_of({"info", "warning", "critical"})},
                                 {"line", integer()},
                                 {"backend", text_or_null()},
                                 {"server", text_or_null("null when it is about the backend")},
                                 {"message", text()},
                                 {"cause", text_or_null()},
                                 {"hint", text_or_null()}});
    return object({{"instance", text_or_null("null with --offline")},
                   {"namespace", text_or_null()},
                   {"file", text()},
                   {"backends", array(backend)},
                   {"problems", array(problem)}});
}

Json client_settings_item() {
    return per_instance(
        {{"for", text("uri, redis-py, lettuce …")},
         {"way", one_of({"sentinel", "service", "host", "none"})},
         {"masterName", text_or_null("what the Sentinels call the master; null without Sentinels")},
         {"sentinels", array(text("host:port"))},
         {"writes", text_or_null("host:port that leads to the master; null with Sentinels, or when it is unknown")},
         {"reads", text_or_null("host:port that leads to replicas; null when nothing does")},
         {"tls", boolean()},
         {"database", integer()},
         {"user", text_or_null("null: the default one")},
         {"passwordVariable", text_or_null("null: no password is used")},
         {"passwordSource", text_or_null()},
         {"sentinelPasswordVariable", text_or_null("null: no password is used")},
         {"sentinelPasswordSource", text_or_null()},
         {"uris", array(text())},
         {"text", text("the settings, to be pasted")},
         {"holdsPassword", boolean("a password stands in the text")}});
}

}  // namespace redisctl::output
