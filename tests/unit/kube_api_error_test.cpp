#include "kube/api_error.h"
#include "kube/resource.h"

#include <doctest/doctest.h>

#include <string>

using namespace redisctl;

namespace {

std::string status(const std::string& reason, const std::string& message) {
    return R"({"kind":"Status","reason":")" + reason + R"(","message":")" + message + "\"}";
}

}  // namespace

TEST_CASE("what is missing is named as a rule to add") {
    const auto rule = [](std::string_view verb, const kube::Resource& resource) {
        return kube::rbac_rule(kube::access_to(verb, resource, "default", ""));
    };
    CHECK(rule("patch", kube::resource::services) == R"({apiGroups: [""], resources: [services], verbs: [patch]})");
    CHECK(rule("delete", kube::resource::pods) == R"({apiGroups: [""], resources: [pods], verbs: [delete]})");
    CHECK(rule("get", kube::resource::stateful_sets) ==
          R"({apiGroups: ["apps"], resources: [statefulsets], verbs: [get]})");
    CHECK(rule("update", kube::resource::leases) ==
          R"({apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get, create, update]})");
    CHECK(rule("watch", kube::resource::endpoint_slices) ==
          R"({apiGroups: ["discovery.k8s.io"], resources: [endpointslices], verbs: [list, watch]})");
    CHECK(rule("list", kube::resource::endpoint_slices) ==
          R"({apiGroups: ["discovery.k8s.io"], resources: [endpointslices], verbs: [list]})");
}

TEST_CASE("an object without a namespace is in none") {
    const kube::Access access = kube::access_to("get", kube::resource::k8s_nodes, "default", "n1");
    CHECK(kube::api_error(404, status("NotFound", "nodes \\\"n1\\\" not found"), access).message == "no nodes n1");
    const Error denied = kube::api_error(403, status("Forbidden", "no"), access);
    CHECK(denied.message == "not permitted to get nodes");
    CHECK(denied.hint == R"(add this rule to your ClusterRole: {apiGroups: [""], resources: [nodes], verbs: [get]})");
    CHECK(kube::api_error(403, status("Forbidden", "no"), kube::access_to("list", kube::resource::pods, "", ""))
              .message == "not permitted to list pods in all namespaces");
}

TEST_CASE("422 is a conflict when a patch did not apply, and else an error of the server") {
    const kube::Access patch = kube::access_to("patch", kube::resource::services, "default", "redis");
    const std::string failed = status("Invalid", "the server rejected our request due to an error in our request");
    CHECK(kube::api_error(422, failed, patch).code == ErrorCode::conflict);
    CHECK(kube::api_error(422, failed, patch).reason == "PATCH_TEST");
    const std::string invalid = status("Invalid", "Service \\\"redis\\\" is invalid: spec.selector: Invalid value");
    CHECK(kube::api_error(422, invalid, patch).code == ErrorCode::server);
    CHECK(kube::api_error(422, failed, kube::access_to("update", kube::resource::leases, "default", "x")).code ==
          ErrorCode::server);
}
