#include "output/schema_changes.h"

namespace redisctl::output {

using namespace pieces;

// What changes says in documents of their own, without the envelope of those that look.
static Json unshared_item() {
    const Json counts{{"type", "object"}, {"additionalProperties", integer()}};
    return object({{"node", text()},
                   {"versus", text("who lacks it")},
                   {"bytes", integer_or_null("of its history behind the last byte that both have")},
                   {"writes", integer_or_null("null when they could not be read")},
                   {"commands", counts},
                   {"prefixes", counts},
                   {"whole", boolean()},
                   {"reason", text("why something is unknown")},
                   {"file", text("where they were saved")}});
}

Members plan_members() {
    Json action{{"type", "object"}, {"required", {"type"}}, {"description", "what is done; commands: the lines of it"}};
    Json condition{{"type", "object"}, {"required", {"type"}}};
    Json check = object({{"name", text()},
                         {"verdict", one_of({"ok", "warn", "block", "unknown"})},
                         {"node", text()},
                         {"value", text()},
                         {"limit", text()},
                         {"hint", text()},
                         {"overridable", boolean()},
                         {"overridden", boolean()}});
    Json candidate = object({{"node", text()},
                             {"eligible", boolean()},
                             {"points", integer()},
                             {"why", text()},
                             {"reasons", array(text())}});
    Json step = object({{"id", text("stable")},
                        {"why", text()},
                        {"node", text()},
                        {"before", array(condition)},
                        {"action", action},
                        {"after", array(condition)},
                        {"undo", array(action)},
                        {"undone", array(condition)},
                        {"already", array(condition)},
                        {"patienceMs", integer()},
                        {"opensWindow", boolean("from here on writers wait or are refused")},
                        {"pointOfNoReturn", boolean()},
                        {"achieved", text("a sentence that is true once it is done; may be empty")},
                        {"essential", boolean()}});
    return {{"command", text()},
            {"instance", text()},
            {"namespace", text()},
            {"system", text()},
            {"context", text("of the kubeconfig; empty without Kubernetes")},
            {"mode", one_of({"planned", "emergency"})},
            {"engine", text()},
            {"from", text()},
            {"to", text()},
            {"replica", text("the one that is attached to it again; empty: the change is about the master")},
            {"master", text("where the change is about the Sentinels: the master, before and after")},
            {"others", array(text())},
            {"sentinels", array(text())},
            {"addresses", Json{{"type", "object"}, {"additionalProperties", array(text())}}},
            {"probeKey", text()},
            {"checks", array(check)},
            {"candidates", array(candidate)},
            {"notes", array(text())},
            {"expectedOutage", text()},
            {"lossBoundBytes", integer_or_null()},
            {"lossReason", text()},
            {"baseline", Json{{"type", "object"}}},
            {"unshared", array(unshared_item())},
            {"steps", array(step)}};
}

static Json step_status() {
    return one_of({"started", "done", "already", "failed", "undone", "undo-failed", "skipped"});
}

Members event_members() {
    return {{"operation", text()},           {"seq", integer()},       {"step", text()},
            {"status", step_status()},       {"node", text_or_null()}, {"tookMs", number_or_null()},
            {"error", or_null(ref("Error"))}};
}

Members result_members() {
    Json step = object({{"step", text()},
                        {"status", step_status()},
                        {"node", text_or_null()},
                        {"tookMs", number_or_null()},
                        {"error", or_null(ref("Error"))}});
    return {{"operation", text_or_null("null when it was refused before there was one")},
            {"command", text()},
            {"instance", text_or_null()},
            {"namespace", text_or_null()},
            {"mode", one_of({"planned", "emergency"})},
            {"engine", text_or_null()},
            {"changed", boolean()},
            {"outcome", one_of({"done", "noop", "refused", "rolled-back", "incomplete", "unknown"})},
            {"from", text_or_null()},
            {"to", text_or_null()},
            {"replica", text_or_null("the one that was attached to it again")},
            {"writeOutageMs", integer_or_null("from the fence or FAILOVER to the first acknowledged write")},
            {"lostBytes", integer_or_null("of acknowledged writes; null when it is unknown")},
            {"lostIsBound", boolean()},
            {"lostReason", text_or_null()},
            {"proof", or_null(Json{{"type", "object"}})},
            {"resyncs", Json{{"type", "object"},
                             {"additionalProperties", one_of({"none", "partial", "full", "unknown"})},
                             {"description", "by replica, how it came to follow"}}},
            {"unshared", array(unshared_item())},
            {"steps", array(step)},
            {"errors", array(ref("Error"))},
            {"warnings", array(ref("Error"))},
            {"achieved", array(text("what was done, in sentences, where the steps have some"))},
            {"exitCode", integer()},
            {"journal", text_or_null("the path of the operation's journal")}};
}

Json history_item() {
    return object({{"operation", text()},
                   {"started", text_or_null()},
                   {"ended", text_or_null()},
                   {"command", text()},
                   {"instance", text()},
                   {"namespace", text_or_null()},
                   {"mode", one_of({"planned", "emergency"})},
                   {"engine", text_or_null()},
                   {"from", text_or_null()},
                   {"to", text_or_null()},
                   {"outcome", text_or_null("null while it is unfinished")},
                   {"lastStep", text_or_null("the last one that may have been begun")},
                   {"place", or_null(object({{"done", integer()}, {"of", integer()}}))},
                   {"goesOnBy", text_or_null("the line that goes on with what is left, where resume does not")},
                   {"running", boolean("its process lives, on this machine")},
                   {"journal", text()}});
}

}  // namespace redisctl::output
