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
                    {"node", text_or_null("that the RDB was taken from; like all of it, null without an RDB")},
                    {"role", or_null(one_of({"master", "replica"}))},
                    {"server", text_or_null("redis or valkey")},
                    {"serverVersion", text_or_null()},
                    {"runId", text_or_null()},
                    {"replid", text_or_null("the history")},
                    {"offset", integer_or_null("the place in it that the data are of")},
                    {"lagBytes", integer_or_null("of a replica, behind its master when it was chosen")},
                    {"rdbVersion", integer_or_null()},
                    {"keys", Json{{"type", Json::array({"object", "null"})},
                                  {"additionalProperties", database},
                                  {"description", "by database (db0); null when they were not counted"}}},
                    {"notCounted", text_or_null("why not; null when they were")},
                    {"functions", integer_or_null("libraries of functions")},
                    {"checksum", or_null(one_of({"good", "absent"}))},
                    {"file", text_or_null("the RDB's name")},
                    {"bytes", integer_or_null()},
                    {"sha256", text_or_null()},
                    {"tookMs", integer_or_null()},
                    {"aof", or_null(object({{"offset", integer("up to there the commands are, in the same history")},
                                            {"time", text("RFC 3339, when the last of them had come")},
                                            {"commands", integer("in its file")},
                                            {"ended", one_of({"caught-up", "duration", "interrupted", "broken"})}}))},
                    {"parts", array(object({{"kind", one_of({"config", "sentinel", "k8s", "aof"})},
                                            {"name", text("the node, the objects' plural; of an AOF incr, manifest")},
                                            {"file", text("its name, in the same folder or, of an AOF, in one below")},
                                            {"bytes", integer()},
                                            {"sha256", text("of the file as it stands there")},
                                            {"encrypted", boolean()},
                                            {"notTold", array(text("a setting that may be set and cannot be read: "
                                                                   "auth-pass of a Sentinel"))}}))},
                    {"missing", array(object({{"kind", one_of({"config", "sentinel", "k8s"})},
                                              {"name", text("what should be in it and is not")},
                                              {"why", text()}}))}};
    members.insert(members.end(), more.begin(), more.end());
    return object(members);
}

}  // namespace

Json backup_item() {
    return with_manifest({{"why", text_or_null("why that node")},
                          {"path", text("of the RDB; of the manifest where there is none")},
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
                          {"state", one_of({"ok", "incomplete", "missing", "size"})}});
}

Json backup_check_item() {
    const Json name = one_of({"size", "sha256", "rdb", "checksum", "keys", "part", "commands", "complete"});
    const Json check = object({{"check", name},
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
