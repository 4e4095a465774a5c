// Answers of the API server that are no success → an Error that says what was asked, which permission is missing, and
// the rule to add.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace redisctl::kube {

// What was asked, in the words of RBAC.
struct Access {
    std::string verb;      // get, list, create, patch …
    std::string group;     // "" for core, "discovery.k8s.io" …
    std::string resource;  // "pods", "pods/portforward", "endpointslices" …
    std::string ns;        // empty: all namespaces
    std::string name;      // empty: the collection
};

// `body` is the API's Status, or whatever a proxy in between said. Codes: 401 unauthenticated, 403 forbidden, 404
// not_found, 409 conflict, 422 to a JSON patch that did not apply conflict (reason PATCH_TEST), 429 and 5xx server, 3xx
// and a body that is no Status protocol ("is this an API server?").
Error api_error(int http_status, std::string_view body, const Access& access);

// `{apiGroups: [""], resources: [pods], verbs: [list]}`, the YAML line of a Role or ClusterRole.
std::string rbac_rule(const Access& access);

}  // namespace redisctl::kube
