#include "kube/reapply.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace redisctl;
using namespace redisctl::kube;
using nlohmann::json;

TEST_CASE("what the server filled in is left out") {
    const auto object = reappliable(R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "redis", "uid": "1",
        "resourceVersion": "7", "managedFields": [{}], "ownerReferences": [{}], "finalizers": ["a"], "namespace": "default",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}, "labels": {"app": "redis"}},
        "spec": {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"], "ports": [{"port": 6379, "nodePort": 30001}]},
        "status": {"loadBalancer": {}}})");
    REQUIRE(object);
    CHECK(*object == json::parse(R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "redis",
        "namespace": "default", "labels": {"app": "redis"}}, "spec": {"ports": [{"port": 6379, "nodePort": 30001}]}})"));
}

TEST_CASE("a headless Service stays headless, a claim finds a new volume") {
    const auto service = reappliable(R"({"kind": "Service", "spec": {"clusterIP": "None", "clusterIPs": ["None"]}})");
    REQUIRE(service);
    CHECK((*service)["spec"] == json::parse(R"({"clusterIP": "None", "clusterIPs": ["None"]})"));
    const auto claim = reappliable(R"({"kind": "PersistentVolumeClaim", "spec": {"volumeName": "pv-1", "resources": {}}})");
    REQUIRE(claim);
    CHECK((*claim)["spec"] == json::parse(R"({"resources": {}})"));
}

TEST_CASE("what is no object is an error") {
    for (const char* text : {"", "[]", "3", "{\"kind\":"}) {
        CAPTURE(text);
        CHECK(!reappliable(text));
    }
    CHECK(reappliable(R"({"kind": "Service", "metadata": 3, "spec": []})"));
}

TEST_CASE("ConfigMaps and Secrets are found wherever they are named") {
    References found;
    add_references(json::parse(R"({"template": {"volumes": [{"configMap": {"name": "a"}}, {"secret": {"secretName": "b"}},
        {"projected": {"sources": [{"secret": {"name": "c"}}, {"configMap": {"name": "d"}}]}}],
        "containers": [{"envFrom": [{"configMapRef": {"name": "e"}}, {"secretRef": {"name": "f"}}],
        "env": [{"valueFrom": {"secretKeyRef": {"name": "g", "key": "x"}}}]}]}, "auth": {"secretPath": "h"}})"),
                   found);
    CHECK(found.config_maps == std::set<std::string>{"a", "d", "e"});
    CHECK(found.secrets == std::set<std::string>{"b", "c", "f", "g", "h"});
}
