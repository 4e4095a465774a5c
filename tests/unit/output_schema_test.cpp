#include "output/document.h"
#include "output/schema.h"
#include "tests/support/json_schema.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace redisctl;
using namespace redisctl::output;
using Json = nlohmann::ordered_json;
using test::SchemaCheck;

namespace {

Json node() {
    return Json::parse(
        R"({"name":"redis-1","pod":"redis-1","k8sNode":"n1","address":"10.1.2.3:6379","version":"7.0.15","runId":"ab","role":"replica","masterNode":"redis-0",
        "masterHost":"10.1.2.2","masterPort":6379,"linkStatus":"up","offset":1234,"lagBytes":0,"lagSeconds":1,"lastIoSeconds":1,"syncInProgress":false,
        "connectedReplicas":0,"priority":100,"replid":"cd","error":null})");
}

// The example of the contract, made whole.
Json replication_info() {
    Document document("ReplicationInfo", "test");
    document.add_item(
        Json{{"name", "redis"},
             {"namespace", "default"},
             {"system", "sb-replica"},
             {"evidence", {"label app=redis"}},
             {"health", "healthy"},
             {"master", "redis-0"},
             {"witnesses", Json::array({Json{{"source", "role"}, {"by", "redis-1"}, {"says", "redis-0"}}})},
             {"nodes", Json::array({node()})},
             {"sentinels", Json::array()},
             {"services", Json::array({Json{{"name", "redis"},
                                            {"type", "master"},
                                            {"selector", {"app=redis"}},
                                            {"ready", {"redis-0"}},
                                            {"notReady", Json::array()},
                                            {"routesTo", "master"}}})}});
    document.add_finding(
        {"REPLICA_LINK_DOWN", Severity::warning, "default/redis", "redis-1", "redis-1 has no link", ""});
    document.add_error(
        {"default/redis", "redis-2", {ErrorCode::unreachable, "redis-2 did not answer", "timed out", "", ""}});
    return document.json();
}

}  // namespace

TEST_CASE("every kind has a schema, and an empty envelope is valid against each that has one") {
    const std::vector<std::string_view> kinds = schema_kinds();
    CHECK(std::is_sorted(kinds.begin(), kinds.end()));
    CHECK(std::find(kinds.begin(), kinds.end(), "Status") != kinds.end());
    for (std::string_view kind : schema_kinds()) {
        CAPTURE(kind);
        // What changes, and what comes line by line, stands in documents of its own.
        if (kind == "ForwardEvent" || kind == "Event" || kind == "KubernetesEvent" || kind == "LogLine" ||
            kind == "MonitorLine" || kind == "OperationResult" || kind == "Plan" || kind == "WatchEvent")
            continue;
        Document document(kind, "");
        CHECK(SchemaCheck::problems(document.json(), schema(kind).value()).empty());
        if (kind == "Version") document.set("client", Json{{"version", "0.1.0"}, {"libraries", {{"fmt", "9.1.0"}}}});
        CHECK(SchemaCheck::problems(document.json(), schema(kind).value()).empty());
    }
    CHECK(!schema("Nothing"));
}

TEST_CASE("the contract's document is valid") {
    CHECK(SchemaCheck::problems(replication_info(), *schema("ReplicationInfo")) == std::vector<std::string>{});
}

TEST_CASE("what differs from the contract is found where it is") {
    using Change = void (*)(Json&);
    struct {
        Change change;
        const char* problem;
    } cases[] = {
        {[](Json& d) { d["apiVersion"] = "v2"; }, "/apiVersion: not \"redisctl/v1\""},
        {[](Json& d) { d["extra"] = 1; }, "/: has an unknown member: extra"},
        {[](Json& d) { d.erase("errors"); }, "/: lacks errors"},
        {[](Json& d) { d["items"][0]["nodes"][0]["role"] = "slave"; },
         "/items/0/nodes/0/role: not one of the values: \"slave\""},
        {[](Json& d) { d["items"][0]["nodes"][0]["lagBytes"] = "0"; },
         "/items/0/nodes/0/lagBytes: of the wrong type: \"0\""},
        {[](Json& d) { d["items"][0]["nodes"][0]["offset"] = 1.5; }, "/items/0/nodes/0/offset: of the wrong type: 1.5"},
        {[](Json& d) { d["items"][0]["nodes"][0]["error"] = "down"; },
         "/items/0/nodes/0/error: none of the alternatives: \"down\""},
        {[](Json& d) { d["findings"][0]["severity"] = "fatal"; },
         "/findings/0/severity: not one of the values: \"fatal\""}};
    for (const auto& c : cases) {
        Json document = replication_info();
        c.change(document);
        CHECK(SchemaCheck::problems(document, *schema("ReplicationInfo")) == std::vector<std::string>{c.problem});
    }
}

TEST_CASE("a schema carries the pieces that it refers to and no others") {
    Json role = *schema("Role");
    std::vector<std::string> names;
    for (const auto& [name, piece] : role.at("$defs").items()) names.push_back(name);
    CHECK(names == std::vector<std::string>{"Error", "Finding"});
}
