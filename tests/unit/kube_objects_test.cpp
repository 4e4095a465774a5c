#include "kube/objects.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace redisctl;
using nlohmann::json;

namespace {

// As an API server writes it, with what nobody reads.
const char* const kPodList =
    R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"77","continue":"next","remainingItemCount":1},"items":[{
 "metadata":{"name":"redis-1","generateName":"redis-","namespace":"cache","uid":"u-1","resourceVersion":"70","creationTimestamp":"2026-01-01T00:00:00Z","deletionTimestamp":"2026-01-02T00:00:00Z",
  "labels":{"app.kubernetes.io/name":"redis","resources":"a label"},"annotations":{"checksum/config":"9f","kubectl.kubernetes.io/last-applied-configuration":"{}"},
  "ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"redis","uid":"o","controller":true,"blockOwnerDeletion":true},{"kind":"Other","name":"x"}],
  "managedFields":[{"manager":"kubelet","fieldsV1":{"f:metadata":{"f:labels":{".":{}}}}}]},
 "spec":{"nodeName":"n1","subdomain":"redis-headless","tolerations":[{"key":"k"}],"securityContext":{"fsGroup":999},
  "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data-redis-1"}},{"name":"config","configMap":{"name":"redis"}},
   {"name":"password","secret":{"secretName":"redis","items":[{"key":"redis-password","path":"pw"}],"defaultMode":420}},
   {"name":"all","projected":{"sources":[{"serviceAccountToken":{"path":"token"}},{"secret":{"name":"tls","items":[{"key":"tls.crt","path":"c"}]}},{"secret":{"name":"second"}}]}},
   {"name":"tmp","emptyDir":{}}],
  "initContainers":[{"name":"setup","image":"busybox"}],
  "containers":[{"name":"redis","image":"redis:7.2","command":["redis-server"],"args":["/etc/redis.conf","--port 6379"],
   "ports":[{"name":"redis","containerPort":6379,"protocol":"TCP"},{"containerPort":0},{"containerPort":70000},{"containerPort":"x"}],
   "env":[{"name":"A","value":"1"},{"name":"PW","valueFrom":{"secretKeyRef":{"name":"redis","key":"redis-password"}}},{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
   "envFrom":[{"configMapRef":{"name":"c"}},{"secretRef":{"name":"env-secret"}}],"resources":{"limits":{"cpu":"1"}},
   "volumeMounts":[{"name":"data","mountPath":"/data"},{"name":"config","mountPath":"/etc/redis.conf","subPath":"redis.conf"}],
   "livenessProbe":{"exec":{"command":["sh","-c","redis-cli ping"]}},"readinessProbe":{"tcpSocket":{"port":6379}},"startupProbe":{"exec":{"command":["true"]}}},
   {"name":"exporter","image":"exporter:1"}]},
 "status":{"phase":"Running","podIP":"10.1.2.3","conditions":[{"type":"Initialized","status":"False"},{"type":"Ready","status":"True","lastProbeTime":null}],
  "containerStatuses":[{"name":"redis","ready":true,"restartCount":2,"state":{"running":{"startedAt":"x"}},"lastState":{"terminated":{"exitCode":1}}},
   {"name":"exporter","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"x"}}}]}},
 {"metadata":{"name":"redis-2"}}]})";

template <class T>
void check_error(const Result<T>& result, const std::string& message, const std::string& cause) {
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::protocol);
    CHECK(result.error().message == message);
    CHECK(result.error().cause == cause);
}

}  // namespace

TEST_CASE("a pod is read with every field in use") {
    auto page = kube::parse_pods(kPodList);
    REQUIRE(page);
    CHECK(page->next == "next");
    CHECK(page->resource_version == "77");
    REQUIRE(page->items.size() == 2);
    const kube::Pod& pod = page->items[0];
    CHECK(pod.meta.name == "redis-1");
    CHECK(pod.meta.ns == "cache");
    CHECK(pod.meta.uid == "u-1");
    CHECK(pod.meta.resource_version == "70");
    CHECK(pod.meta.terminating);
    CHECK(pod.meta.labels == kube::Labels{{"app.kubernetes.io/name", "redis"}, {"resources", "a label"}});
    CHECK(pod.meta.annotations == kube::Labels{{"checksum/config", "9f"}});
    REQUIRE(pod.meta.owners.size() == 2);
    CHECK(pod.meta.owners[0].kind == "StatefulSet");
    CHECK(pod.meta.owners[0].name == "redis");
    CHECK(pod.meta.owners[0].controller);
    CHECK(!pod.meta.owners[1].controller);
    CHECK(pod.phase == "Running");
    CHECK(pod.ip == "10.1.2.3");
    CHECK(pod.node == "n1");
    CHECK(pod.ready);
    CHECK(pod.created == "2026-01-01T00:00:00Z");
    CHECK(pod.subdomain == "redis-headless");

    REQUIRE(pod.init_containers.size() == 1);
    CHECK(pod.init_containers[0].name == "setup");
    REQUIRE(pod.containers.size() == 2);
    const kube::Container& redis = pod.containers[0];
    CHECK(redis.name == "redis");
    CHECK(redis.image == "redis:7.2");
    CHECK(redis.command == std::vector<std::string>{"redis-server"});
    CHECK(redis.args == std::vector<std::string>{"/etc/redis.conf", "--port 6379"});
    REQUIRE(redis.ports.size() == 1);
    CHECK(redis.ports[0].name == "redis");
    CHECK(redis.ports[0].port == 6379);
    REQUIRE(redis.env.size() == 3);
    CHECK(redis.env[0].name == "A");
    CHECK(redis.env[0].value == "1");
    CHECK(redis.env[1].secret_name == "redis");
    CHECK(redis.env[1].secret_key == "redis-password");
    CHECK(redis.env[2].field_path == "status.podIP");
    CHECK(redis.env_from_secrets == std::vector<std::string>{"env-secret"});
    REQUIRE(redis.mounts.size() == 2);
    CHECK(redis.mounts[1].volume == "config");
    CHECK(redis.mounts[1].path == "/etc/redis.conf");
    CHECK(redis.mounts[1].sub_path == "redis.conf");
    CHECK(redis.probe_commands == std::vector<std::string>{"sh -c redis-cli ping", "true"});

    REQUIRE(pod.volumes.size() == 5);
    CHECK(pod.volumes[0].pvc == "data-redis-1");
    CHECK(pod.volumes[1].config_map == "redis");
    CHECK(pod.volumes[2].secret_name == "redis");
    CHECK(pod.volumes[2].secret_items == std::map<std::string, std::string>{{"redis-password", "pw"}});
    CHECK(pod.volumes[3].secret_name == "tls");
    CHECK(pod.volumes[3].secret_items == std::map<std::string, std::string>{{"tls.crt", "c"}});
    CHECK(pod.volumes[4].name == "tmp");
    CHECK(pod.volumes[4].secret_name == "");
    REQUIRE(pod.statuses.size() == 2);
    CHECK(pod.statuses[0].name == "redis");
    CHECK(pod.statuses[0].ready);
    CHECK(pod.statuses[0].running);
    CHECK(pod.statuses[0].restarts == 2);
    CHECK(pod.statuses[0].waiting_reason == "");
    CHECK(!pod.statuses[1].running);
    CHECK(pod.statuses[1].waiting_reason == "ImagePullBackOff");

    const kube::Pod& bare = page->items[1];
    CHECK(bare.meta.name == "redis-2");
    CHECK(!bare.meta.terminating);
    CHECK(!bare.ready);
    CHECK(bare.phase == "");
    CHECK(bare.containers.empty());
}

TEST_CASE("any field may be missing, null or of another type") {
    const json whole = json::parse(kPodList);
    std::set<std::string> places;
    const json pod = whole["items"][0].flatten();
    for (const auto& [pointer, value] : pod.items())
        for (json::json_pointer at(pointer); !at.empty(); at = at.parent_pointer()) places.insert(at.to_string());
    REQUIRE(places.size() > 100);
    for (const std::string& place : places) {
        CAPTURE(place);
        for (const json& wrong :
             {json(), json(5), json(-1.5), json("text"), json(true), json::array({1}), json::object({{"a", 1}})}) {
            json changed = whole;
            changed["items"][0][json::json_pointer(place)] = wrong;
            auto page = kube::parse_pods(changed.dump());
            REQUIRE(page);
            CHECK(page->items.size() == 2);
        }
    }
}

TEST_CASE("a text that is cut anywhere is an error") {
    const std::string text = kPodList;
    for (size_t length = 0; length < text.size(); ++length)
        check_error(kube::parse_pods(text.substr(0, length)), "the API's answer is no PodList",
                    fmt::format("no JSON at byte {}", length + 1));
}

TEST_CASE("null and missing items are an empty list") {
    for (const char* text : {R"({"kind":"PodList","items":null,"metadata":{"resourceVersion":"1"}})",
                             R"({"kind":"PodList","items":[],"metadata":{"resourceVersion":"1"}})",
                             R"({"kind":"PodList","metadata":{"resourceVersion":"1"}})"}) {
        CAPTURE(text);
        auto page = kube::parse_pods(text);
        REQUIRE(page);
        CHECK(page->items.empty());
        CHECK(page->next == "");
        CHECK(page->resource_version == "1");
    }
}

TEST_CASE("an answer that is no such list says what it is instead") {
    const std::string deep = R"({"kind":"PodList","a":)" + std::string(100, '[') + std::string(100, ']') + "}";
    const std::string deep_unread =
        R"({"kind":"PodList","resources":)" + std::string(100000, '[') + std::string(100000, ']') + "}";
    struct {
        std::string text, cause;
    } cases[] = {
        {"", "no JSON at byte 1"},
        {"<html>", "no JSON at byte 1"},
        {"{} trailing", "no JSON at byte 6"},
        {"{\"kind\":\"\xff\"}", "no JSON at byte 10"},
        {"[]", "it is no object"},
        {"5", "it is no object"},
        {"null", "it is no object"},
        {"{}", "it names no kind"},
        {R"({"kind":5})", "it names no kind"},
        {R"({"kind":"Status","message":"x"})", "its kind is Status"},
        {R"({"kind":"ServiceList","items":[]})", "its kind is ServiceList"},
        {R"({"kind":"PodList","items":{}})", "items is no list"},
        {R"({"kind":"PodList","items":"x"})", "items is no list"},
        {R"({"kind":"PodList","items":[{},5]})", "items[1] is no object"},
        {R"({"kind":"PodList","items":[[]]})", "items[0] is no object"},
        {R"({"kind":"PodList","items":[null]})", "items[0] is no object"},
        {deep, "nested over 64 levels"},
        {deep_unread, "nested over 64 levels"},
        {std::string((32 << 20) + 1, ' '), "it is larger than 32MiB"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.cause);
        check_error(kube::parse_pods(c.text), "the API's answer is no PodList", c.cause);
    }
}

TEST_CASE("a page of many pods keeps their order") {
    json list{{"kind", "PodList"}, {"items", json::array()}};
    for (int i = 0; i < 500; ++i)
        list["items"].push_back(
            {{"metadata", {{"name", fmt::format("redis-{}", i)}, {"managedFields", json::array({{{"a", "b"}}})}}}});
    auto page = kube::parse_pods(list.dump());
    REQUIRE(page);
    REQUIRE(page->items.size() == 500);
    for (size_t i = 0; i < 500; ++i) CHECK(page->items[i].meta.name == fmt::format("redis-{}", i));
}

TEST_CASE("a Service is read with its selector and ports") {
    auto page = kube::parse_services(R"({"kind":"ServiceList","metadata":{"continue":"c"},"items":[
 {"metadata":{"name":"redis","namespace":"cache"},"spec":{"clusterIP":"None","publishNotReadyAddresses":true,"selector":{"app":"redis","n":5},
  "ports":[{"name":"redis","port":6379,"targetPort":"tcp"},{"port":26379,"targetPort":26380},{"port":1},{"port":0}]}},
 {"metadata":{"name":"plain"},"spec":{"selector":null,"ports":null}}]})");
    REQUIRE(page);
    CHECK(page->next == "c");
    REQUIRE(page->items.size() == 2);
    const kube::Service& service = page->items[0];
    CHECK(service.meta.name == "redis");
    CHECK(service.cluster_ip == "None");
    CHECK(service.publish_not_ready);
    CHECK(service.selector == kube::Labels{{"app", "redis"}});
    REQUIRE(service.ports.size() == 3);
    CHECK(service.ports[0].name == "redis");
    CHECK(service.ports[0].port == 6379);
    CHECK(service.ports[0].target_port == "tcp");
    CHECK(service.ports[1].target_port == "26380");
    CHECK(service.ports[2].target_port == "");
    CHECK(page->items[1].selector.empty());
    CHECK(!page->items[1].publish_not_ready);
    check_error(kube::parse_services(R"({"kind":"PodList"})"), "the API's answer is no ServiceList",
                "its kind is PodList");
}

TEST_CASE("an EndpointSlice is read; who says nothing of readiness is ready") {
    auto page = kube::parse_endpoint_slices(
        R"({"kind":"EndpointSliceList","items":[{"metadata":{"name":"redis-abc","labels":{"kubernetes.io/service-name":"redis"}},"endpoints":[
 {"addresses":["10.1.0.1","10.1.0.9"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"redis-0"}},
 {"addresses":["10.1.0.2"],"conditions":{"ready":false},"targetRef":{"kind":"Node","name":"n1"}},
 {"addresses":["10.1.0.3"],"conditions":{"ready":null}},{"addresses":null}]},{"metadata":{"name":"x"},"endpoints":null}]})");
    REQUIRE(page);
    REQUIRE(page->items.size() == 2);
    const kube::EndpointSlice& slice = page->items[0];
    CHECK(slice.service == "redis");
    REQUIRE(slice.endpoints.size() == 4);
    CHECK(slice.endpoints[0].address == "10.1.0.1");
    CHECK(slice.endpoints[0].pod == "redis-0");
    CHECK(slice.endpoints[0].ready);
    CHECK(slice.endpoints[1].pod == "");
    CHECK(!slice.endpoints[1].ready);
    CHECK(slice.endpoints[2].ready);
    CHECK(slice.endpoints[3].address == "");
    CHECK(page->items[1].service == "");
    CHECK(page->items[1].endpoints.empty());
    check_error(kube::parse_endpoint_slices("{"), "the API's answer is no EndpointSliceList", "no JSON at byte 2");
}

TEST_CASE("a Secret's values are decoded and never shown") {
    auto secret = kube::parse_secret(
        R"({"kind":"Secret","metadata":{"name":"redis","namespace":"cache"},"data":{"redis-password":"czNjcmV0","empty":"","null":null,"items":"YQ=="}})");
    REQUIRE(secret);
    CHECK(secret->meta.name == "redis");
    REQUIRE(secret->data.size() == 3);
    CHECK(secret->data.at("redis-password").reveal() == "s3cret");
    CHECK(secret->data.at("empty").empty());
    CHECK(secret->data.at("items").reveal() == "a");
    CHECK(kube::parse_secret(R"({"kind":"Secret","data":null})").value().data.empty());
    check_error(
        kube::parse_secret(R"({"kind":"Secret","metadata":{"name":"redis"},"data":{"redis-password":"%s3cret"}})"),
        "secret redis cannot be read", "data.redis-password is no base64");
    check_error(kube::parse_secret(R"({"kind":"Secret","data":{"a":"s3cret)"), "the API's answer is no Secret",
                "no JSON at byte 37");
    check_error(kube::parse_secret(R"({"kind":"SecretList","items":[]})"), "the API's answer is no Secret",
                "its kind is SecretList");
}

TEST_CASE("a Status is told from everything else") {
    auto status = kube::parse_status(
        R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods is forbidden","reason":"Forbidden","code":403})");
    REQUIRE(status);
    CHECK(status->code == 403);
    CHECK(status->reason == "Forbidden");
    CHECK(status->message == "pods is forbidden");
    status = kube::parse_status(R"({"kind":"Status","code":"x","reason":null})");
    REQUIRE(status);
    CHECK(status->code == 0);
    CHECK(status->reason == "");
    for (const char* text :
         {"", "<html>", "404 page not found", "{}", "[]", "null", R"({"kind":"PodList"})", R"({"kind":"Status")"}) {
        CAPTURE(text);
        CHECK(!kube::parse_status(text));
    }
}
