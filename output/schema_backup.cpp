#include "output/schema_backup.h"

namespace redisctl::output {

using namespace pieces;

namespace {

// The manifest, and what more there is to say.
Json with_manifest(const Members& more) {
    const Json database = object({{"keys", integer()}, {"expiring", integer("of them, those with a time to live")}});
    Members members{{"id", text("of the run; several instances may share it")},
                    {"time", text("RFC 3339, when it was asked for")},
                    {"context", text_or_null("the kubeconfig's; null without Kubernetes")},
                    {"instance", text()},
                    {"namespace", text_or_null()},
                    {"node", text("that it was taken from")},
                    {"role", one_of({"master", "replica"})},
                    {"server", text_or_null("redis or valkey")},
                    {"serverVersion", text_or_null()},
                    {"runId", text_or_null()},
                    {"replid", text_or_null("the history")},
                    {"offset", integer("the place in it that the data are of")},
                    {"lagBytes", integer_or_null("of a replica, behind its master when it was chosen")},
                    {"rdbVersion", integer()},
                    {"keys", Json{{"type", Json::array({"object", "null"})},
                                  {"additionalProperties", database},
                                  {"description", "by database (db0); null when they were not counted"}}},
                    {"notCounted", text_or_null("why not; null when they were")},
                    {"functions", integer("libraries of functions")},
                    {"checksum", one_of({"good", "absent"})},
                    {"file", text("its name")},
                    {"bytes", integer()},
                    {"sha256", text()},
                    {"tookMs", integer()}};
    members.insert(members.end(), more.begin(), more.end());
    return object(members);
}

}  // namespace

Json backup_item() {
    return with_manifest({{"why", text("why that node")},
                          {"path", text()},
                          {"manifest", text("path of what stands beside it")},
                          {"deleted", array(text("path of an older backup"))}});
}

Json backup_plan_item() {
    return per_instance({{"node", text()},
                         {"role", one_of({"master", "replica"})},
                         {"why", text("why that node")},
                         {"serverVersion", text_or_null()},
                         {"path", text("as it would be called, save for the id")},
                         {"deletes", array(text("path of an older backup"))}});
}

Json backup_list_item() {
    return with_manifest({{"path", text()},
                          {"manifest", text("path of what stands beside it")},
                          {"state", one_of({"ok", "missing", "size"})}});
}

Json backup_check_item() {
    const Json check = object({{"check", one_of({"size", "sha256", "rdb", "checksum", "keys"})},
                               {"ok", boolean_or_null("null: it could not be told")},
                               {"says", text()}});
    return object({{"path", text()},
                   {"id", text_or_null("null without a manifest")},
                   {"instance", text_or_null()},
                   {"namespace", text_or_null()},
                   {"whole", boolean("no check failed")},
                   {"checks", array(check)}});
}

}  // namespace redisctl::output
