#include "commands/hide_passwords.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string_view>

using namespace redisctl;
using nlohmann::json;

namespace {

// Its ")" would end a plain raw string.
constexpr std::string_view spec = R"json({"args": ["--requirepass", "pa55", "--port", "6379", "--masterauth", "$(PW)"],
        "command": ["sh", "-c", "redis-cli -a pa55 ping; redis-cli -a $PW ping"],
        "env": [{"name": "REDIS_PASSWORD", "value": "pa55"}, {"name": "REDIS_PASSWORD_FILE", "value": "/secrets/pw"},
                {"name": "ALLOW_EMPTY_PASSWORD", "value": "yes"},
                {"name": "PW", "valueFrom": {"secretKeyRef": {"name": "cache", "key": "redis-password"}}}],
        "volumes": [{"name": "redis-password", "secret": {"secretName": "cache"}}]})json";

}  // namespace

TEST_CASE("a Secret keeps the names of its keys only") {
    json secret{{"kind", "Secret"}, {"metadata", {{"name", "a"}}}, {"data", {{"one", "cGE1NQ=="}, {"two", ""}}}};
    CHECK(hide_passwords(secret) == 2);
    CHECK(!secret.contains("data"));
    CHECK(secret["metadata"]["annotations"]["redisctl.io/hidden"] == "one,two");
}

TEST_CASE("what is spelled out in a workload is hidden, and what is named stays") {
    const json container = json::parse(spec);
    json set{{"kind", "StatefulSet"}, {"metadata", {{"name", "a"}}}, {"spec", container}};
    CHECK(hide_passwords(set) == 3);
    json expected = container;
    expected["args"][1] = "(hidden)";
    expected["command"][2] = "redis-cli -a (hidden) ping; redis-cli -a $PW ping";
    expected["env"][0]["value"] = "(hidden)";
    CHECK(set["spec"] == expected);
}

TEST_CASE("a redis.conf in a ConfigMap keeps all but its passwords") {
    json map{{"kind", "ConfigMap"},
             {"metadata", {{"name", "a"}}},
             {"data", {{"redis.conf", "maxmemory 1gb\n  requirepass \"pa55\"\nuser ann on >pa55 ~*\n"},
                       {"sentinel.conf", "sentinel auth-pass main pa55\nsentinel monitor main 10.0.0.1 6379 2\n"}}}};
    CHECK(hide_passwords(map) == 2);
    CHECK(map["data"]["redis.conf"] == "maxmemory 1gb\n  requirepass (hidden)\nuser ann on >(hidden) ~*\n");
    CHECK(map["data"]["sentinel.conf"] == "sentinel auth-pass main (hidden)\nsentinel monitor main 10.0.0.1 6379 2\n");
}

TEST_CASE("what holds none is left as it is") {
    json service{{"kind", "Service"}, {"metadata", {{"name", "a"}}}, {"spec", {{"clusterIP", "None"}}}};
    const json before = service;
    CHECK(hide_passwords(service) == 0);
    CHECK(service == before);
}
