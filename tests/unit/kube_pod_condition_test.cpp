#include "kube/network_policy.h"
#include "kube/pod_condition.h"

#include <doctest/doctest.h>

#include <string>

using namespace redisctl;
using namespace redisctl::kube;

TEST_CASE("a quantity is bytes, however it is written") {
    CHECK(parse_quantity("128974848") == 128974848);
    CHECK(parse_quantity("256Mi") == 268435456);
    CHECK(parse_quantity("1.5Gi") == 1610612736);
    CHECK(parse_quantity("1G") == 1000000000);
    CHECK(parse_quantity("1e9") == 1000000000);
    CHECK(parse_quantity("500m") == 1);
    for (const char* none : {"", "Mi", "-1", "1 Gi", "1Xi", "1e30", "nan", "9999999Ei"}) {
        CAPTURE(none);
        CHECK(parse_quantity(none) == std::nullopt);
    }
}

TEST_CASE("a pod's condition holds what lists leave out") {
    const auto pod = parse_pod_condition(R"({"kind":"Pod","metadata":{"name":"redis-0"},"spec":{
        "containers":[{"name":"redis","resources":{"limits":{"memory":"256Mi"}},"volumeMounts":[{"name":"data","mountPath":"/data"}]},
                      {"name":"metrics"}],
        "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data-redis-0"}},{"name":"tmp","emptyDir":{}}]},
        "status":{"containerStatuses":[{"name":"redis","restartCount":2,"lastState":{"terminated":
            {"reason":"OOMKilled","exitCode":137,"finishedAt":"2026-11-21T03:00:00Z"}}}]}})");
    REQUIRE(pod);
    REQUIRE(pod->containers.size() == 2);
    const ContainerCondition& redis = pod->containers[0];
    CHECK(redis.memory_limit == 268435456);
    CHECK(redis.restarts == 2);
    CHECK(redis.ended_by == "OOMKilled");
    CHECK(redis.exit_code == 137);
    CHECK(redis.mounts.at("/data") == "data");
    CHECK(pod->containers[1].memory_limit == std::nullopt);
    CHECK(pod->containers[1].ended_by.empty());
    CHECK(pod->volumes.at("data") == "persistentVolumeClaim");
    CHECK(pod->volumes.at("tmp") == "emptyDir");
    CHECK_FALSE(parse_pod_condition("[]"));
    CHECK_FALSE(parse_pod_condition(R"({"kind":"Service"})"));
}

namespace {

std::vector<NetworkPolicy> policies(const std::string& spec) {
    const auto page = parse_network_policies(
        R"({"kind":"NetworkPolicyList","metadata":{},"items":[{"metadata":{"name":"redis","namespace":"default"},"spec":)" +
        spec + "}]}");
    REQUIRE(page);
    return page->items;
}

Pod pod_of(const std::string& name, const std::string& app) {
    Pod pod;
    pod.meta.name = name;
    pod.meta.ns = "default";
    pod.meta.labels = {{"app", app}};
    pod.containers.push_back({});
    pod.containers.back().ports = {{"redis", 6379}};
    return pod;
}

Reach from_to(const std::string& spec, uint16_t port = 6379) {
    return reach(policies(spec), pod_of("redis-1", "redis"), pod_of("redis-0", "redis"), port).reach;
}

}  // namespace

TEST_CASE("what a NetworkPolicy lets one pod reach of another") {
    const std::string selects = R"({"podSelector":{"matchLabels":{"app":"redis"}},"policyTypes":["Ingress"])";
    CHECK(reach({}, pod_of("a", "redis"), pod_of("b", "redis"), 6379).reach == Reach::allowed);
    CHECK(from_to(selects + "}") == Reach::denied);
    CHECK(from_to(selects + R"(,"ingress":[{}]})") == Reach::allowed);
    CHECK(from_to(selects + R"(,"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]})") ==
          Reach::denied);
    CHECK(from_to(selects + R"(,"ingress":[{"from":[{"podSelector":{}}]}]})") == Reach::allowed);
    CHECK(from_to(selects + R"(,"ingress":[{"from":[{"namespaceSelector":{}}]}]})") == Reach::unknown);
    CHECK(from_to(selects + R"(,"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8"}}]}]})") == Reach::unknown);
    CHECK(from_to(selects + R"(,"ingress":[{"ports":[{"port":6379}]}]})") == Reach::allowed);
    CHECK(from_to(selects + R"(,"ingress":[{"ports":[{"port":"redis"}]}]})") == Reach::allowed);
    CHECK(from_to(selects + R"(,"ingress":[{"ports":[{"port":9121}]}]})") == Reach::denied);
    CHECK(from_to(selects + R"(,"ingress":[{"ports":[{"port":6000,"endPort":7000}]}]})") == Reach::allowed);
    CHECK(from_to(selects + R"(,"ingress":[{"ports":[{"protocol":"UDP","port":6379}]}]})") == Reach::denied);
    CHECK(from_to(R"({"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"]})") == Reach::allowed);
    CHECK(from_to(R"({"podSelector":{},"policyTypes":["Egress"]})") == Reach::allowed);
    const auto verdict = reach(policies(R"({"podSelector":{}})"), pod_of("a", "redis"), pod_of("b", "redis"), 6379);
    CHECK(verdict.reach == Reach::denied);
    CHECK(verdict.by == std::vector<std::string>{"redis"});
}
