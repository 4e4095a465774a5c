#include "kube/changes.h"
#include "kube/lease.h"
#include "kube/objects.h"
#include "kube/resource.h"

#include <doctest/doctest.h>

#include <string>

using namespace redisctl;

namespace {

kube::StatefulSet settled_set() {
    const auto set = kube::parse_stateful_set(
        R"({"kind":"StatefulSet","metadata":{"name":"redis","generation":4},"spec":{"replicas":3,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}},
            "volumeClaimTemplates":[{"metadata":{"name":"data"}}]},
            "status":{"observedGeneration":4,"replicas":3,"readyReplicas":3,"updatedReplicas":3,"currentRevision":"redis-a","updateRevision":"redis-a"}})");
    REQUIRE(set);
    return *set;
}

kube::LabelSelector selector(const std::string& json) {
    const auto page = kube::parse_disruption_budgets(
        R"({"kind":"PodDisruptionBudgetList","items":[{"metadata":{"name":"b"},"spec":{)" + json +
        R"(},"status":{"disruptionsAllowed":1,"currentHealthy":3,"desiredHealthy":2}}]})");
    REQUIRE(page);
    const kube::DisruptionBudget& budget = page->items.at(0);
    CHECK(budget.disruptions_allowed == 1);
    CHECK(budget.current_healthy == 3);
    CHECK(budget.desired_healthy == 2);
    return budget.selector;
}

}  // namespace

TEST_CASE("a StatefulSet is read with every field in use") {
    const kube::StatefulSet set = settled_set();
    CHECK(set.meta.name == "redis");
    CHECK(set.generation == 4);
    CHECK(set.observed_generation == 4);
    CHECK(set.replicas == 3);
    CHECK(set.ready_replicas == 3);
    CHECK(set.updated_replicas == 3);
    CHECK(set.current_revision == "redis-a");
    CHECK(set.update_revision == "redis-a");
    CHECK(set.update_strategy == "RollingUpdate");
    CHECK(set.has_volume_claims);
    CHECK(set.settled());
}

TEST_CASE("a StatefulSet that names no number of replicas has one") {
    const auto set = kube::parse_stateful_set(R"({"kind":"StatefulSet","spec":{},"status":{}})");
    REQUIRE(set);
    CHECK(set->replicas == 1);
    CHECK_FALSE(set->has_volume_claims);
    CHECK_FALSE(set->settled());
}

TEST_CASE("a StatefulSet in the middle of a change is not settled") {
    kube::StatefulSet set = settled_set();
    SUBCASE("a change that its controller has not seen") {
        set.observed_generation = 3;
    }
    SUBCASE("a pod that is not ready") {
        set.ready_replicas = 2;
    }
    SUBCASE("pods of the old revision") {
        set.update_revision = "redis-b";
        set.updated_replicas = 1;
    }
    CHECK_FALSE(set.settled());
}

TEST_CASE("a new revision that waits for somebody to delete the pods is no roll-out") {
    kube::StatefulSet set = settled_set();
    set.update_strategy = "OnDelete";
    set.update_revision = "redis-b";
    set.updated_replicas = 0;
    CHECK(set.settled());
}

TEST_CASE("a label selector selects as the API does") {
    const kube::Labels pod{{"app", "redis"}, {"tier", "cache"}};
    CHECK(selector(R"("selector":{"matchLabels":{"app":"redis"}})").selects(pod));
    CHECK_FALSE(selector(R"("selector":{"matchLabels":{"app":"other"}})").selects(pod));
    CHECK_FALSE(selector(R"("selector":{"matchLabels":{"zone":"a"}})").selects(pod));
    CHECK(selector(R"("selector":{})").selects(pod));
    CHECK_FALSE(selector(R"("minAvailable":1)").selects(pod));
    const auto expression = [&](const std::string& key, const std::string& op, const std::string& values) {
        return selector(R"("selector":{"matchExpressions":[{"key":")" + key + R"(","operator":")" + op +
                        R"(","values":[)" + values + "]}]}")
            .selects(pod);
    };
    CHECK(expression("app", "In", R"("x","redis")"));
    CHECK_FALSE(expression("app", "In", R"("x")"));
    CHECK_FALSE(expression("zone", "In", R"("x")"));
    CHECK(expression("app", "NotIn", R"("x")"));
    CHECK(expression("zone", "NotIn", R"("x")"));
    CHECK_FALSE(expression("app", "NotIn", R"("redis")"));
    CHECK(expression("app", "Exists", ""));
    CHECK_FALSE(expression("zone", "Exists", ""));
    CHECK(expression("zone", "DoesNotExist", ""));
    CHECK_FALSE(expression("app", "DoesNotExist", ""));
    CHECK_FALSE(expression("app", "Near", ""));
}

TEST_CASE("a machine is read with its condition and its taints") {
    const auto node = kube::parse_k8s_node(
        R"({"kind":"Node","metadata":{"name":"n1"},"spec":{"unschedulable":true,"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"},{"key":"a","value":"b","effect":"NoSchedule"}]},
            "status":{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"Unknown"}]}})");
    REQUIRE(node);
    CHECK(node->meta.name == "n1");
    CHECK(node->ready == "Unknown");
    CHECK(node->unschedulable);
    REQUIRE(node->taints.size() == 2);
    CHECK(node->taints[0].key == "node.kubernetes.io/not-ready");
    CHECK(node->taints[0].effect == "NoExecute");
    CHECK(node->taints[1].value == "b");
}

TEST_CASE("an object of another kind is refused by name") {
    const auto set = kube::parse_stateful_set(R"({"kind":"Deployment"})");
    REQUIRE_FALSE(set);
    CHECK(set.error().code == ErrorCode::protocol);
    CHECK(set.error().message == "the API's answer is no StatefulSet");
    CHECK(set.error().cause == "its kind is Deployment");
}

TEST_CASE("the events of a watch") {
    const auto changed = kube::parse_slice_event(
        R"({"type":"MODIFIED","object":{"kind":"EndpointSlice","metadata":{"name":"s","labels":{"kubernetes.io/service-name":"redis"}},"endpoints":[{"addresses":["10.0.0.1"],"targetRef":{"kind":"Pod","name":"redis-0"}}]}})");
    REQUIRE(changed);
    CHECK(changed->type == "MODIFIED");
    CHECK(changed->slice.service == "redis");
    CHECK(changed->slice.endpoints.at(0).pod == "redis-0");
    const auto expired = kube::parse_slice_event(
        R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})");
    REQUIRE(expired);
    CHECK(expired->error.code == 410);
    CHECK(expired->error.reason == "Expired");
    CHECK_FALSE(kube::parse_slice_event("<html>"));
}

TEST_CASE("a lease is read with every field in use") {
    const auto lease = kube::parse_lease(
        R"({"kind":"Lease","metadata":{"name":"redisctl-redis","resourceVersion":"8","annotations":{"redisctl.io/operation":"{}"}},
            "spec":{"holderIdentity":"jane@laptop/7/op","leaseDurationSeconds":30,"acquireTime":"2026-01-01T00:00:00.000000Z","renewTime":"2026-01-01T00:00:05.000000Z","leaseTransitions":2}})");
    REQUIRE(lease);
    CHECK(lease->meta.resource_version == "8");
    CHECK(lease->meta.annotations.at("redisctl.io/operation") == "{}");
    CHECK(lease->holder == "jane@laptop/7/op");
    CHECK(lease->duration_seconds == 30);
    CHECK(lease->acquired == "2026-01-01T00:00:00.000000Z");
    CHECK(lease->renewed == "2026-01-01T00:00:05.000000Z");
    CHECK(lease->transitions == 2);
}

TEST_CASE("what goes into a patch is escaped") {
    CHECK(kube::json_pointer({"spec", "selector", "statefulset.kubernetes.io/pod-name"}) ==
          "/spec/selector/statefulset.kubernetes.io~1pod-name");
    CHECK(kube::json_pointer({"a~b"}) == "/a~0b");
    CHECK(kube::json_pointer({}).empty());
    CHECK(kube::json_text("a\"b\n") == R"("a\"b\n")");
    CHECK(kube::json_object({{"a", "1"}, {"b", "\""}}) == R"({"a":"1","b":"\""})");
    CHECK(kube::json_object({}) == "{}");
}

TEST_CASE("where objects stand in the API") {
    CHECK(kube::path_of(kube::resource::pods, "default", "redis-0") == "/api/v1/namespaces/default/pods/redis-0");
    CHECK(kube::path_of(kube::resource::stateful_sets, "", "") == "/apis/apps/v1/statefulsets");
    CHECK(kube::path_of(kube::resource::k8s_nodes, "ignored", "n 1") == "/api/v1/nodes/n%201");
}
