#include "kube/api_error.h"

#include "base/text.h"
#include "kube/objects.h"

#include <fmt/core.h>

namespace redisctl::kube {

namespace {

// The API says `User "jane" cannot create resource "pods/portforward" in API group "" …`: the verb it missed may be
// another than the request's (from 1.35 a WebSocket port-forward or exec is a get that needs create as well).
std::string missing_verb(std::string_view message, const std::string& asked) {
    constexpr std::string_view before = " cannot ";
    const size_t at = message.find(before);
    if (at == std::string_view::npos) return asked;
    const std::string_view rest = message.substr(at + before.size());
    const size_t end = rest.find(" resource");
    return end == std::string_view::npos ? asked : std::string(rest.substr(0, end));
}

// " in namespace x"; nothing for one object that stands in none.
std::string where(const Access& access) {
    if (!access.ns.empty()) return fmt::format(" in namespace {}", access.ns);
    return access.name.empty() ? " in all namespaces" : "";
}

// What must be permitted together, so that the next try does not stop at the next missing verb.
std::string verbs_with(const Access& access) {
    if (access.resource == "pods/portforward" || access.resource == "pods/exec") return "get, create";
    if (access.resource == "leases") return "get, create, update";
    if (access.resource == "endpointslices" && access.verb == "watch") return "list, watch";
    return access.verb;
}

// A test of a JSON patch that failed, or a path that is not there: "the server rejected our request due to an error in
// our request", 422, Invalid and not a word more (seen with 1.34; apiserver handlers/patch.go applyJSPatch). An object
// that the patch would make invalid is 422 Invalid as well, but says `Service "x" is invalid: …`.
bool patch_did_not_apply(const Status& status) {
    return status.reason == "Invalid" && status.message.find(" is invalid:") == std::string::npos;
}

}  // namespace

std::string rbac_rule(const Access& access) {
    return fmt::format("{{apiGroups: [\"{}\"], resources: [{}], verbs: [{}]}}", access.group, access.resource,
                       verbs_with(access));
}

Error api_error(int http_status, std::string_view body, const Access& access) {
    const std::optional<Status> status = parse_status(body);
    const std::string said = status ? printable(status->message) : std::string();
    const std::string what = access.name.empty() ? access.resource : fmt::format("{} {}", access.resource, access.name);
    switch (http_status) {
        case 401:
            return {ErrorCode::unauthenticated, "the API server does not accept the credentials", said,
                    "is the token or certificate expired? try: kubectl auth whoami", "UNAUTHORIZED"};
        case 403: {
            Access missing = access;
            missing.verb = missing_verb(said, access.verb);
            return {ErrorCode::forbidden,
                    fmt::format("not permitted to {} {}{}", missing.verb, access.resource, where(access)), said,
                    fmt::format("add this rule to your {}: {}", access.ns.empty() ? "ClusterRole" : "Role",
                                rbac_rule(missing)),
                    "FORBIDDEN"};
        }
        case 404:
            // Without a Status nothing of Kubernetes has answered, save the kubelet, whose 404 is plain text.
            if (!status && !access.resource.starts_with("pods/"))
                return {ErrorCode::protocol, "the server answered 404 and is no Kubernetes API server",
                        printable(body.substr(0, 80)), "check the cluster's server in the kubeconfig",
                        "NOT_KUBERNETES"};
            return {ErrorCode::not_found, fmt::format("no {}{}", what, where(access)), said, {}, {}};
        case 409:
            return {ErrorCode::conflict, fmt::format("{} was changed by somebody else", what), said, {}, {}};
        case 422:
            if (access.verb != "patch" || !status || !patch_did_not_apply(*status)) break;
            return {ErrorCode::conflict, fmt::format("{} is no longer as it was read", what), said, {}, "PATCH_TEST"};
        default:
            break;
    }
    if (!status && http_status < 500)
        return {ErrorCode::protocol, fmt::format("the server answered {} and is no Kubernetes API server", http_status),
                printable(body.substr(0, 80)), "check the cluster's server in the kubeconfig", "NOT_KUBERNETES"};
    const std::string cause = status ? said : printable(trim(body.substr(0, 200)));
    return {ErrorCode::server,
            fmt::format("the API server answered {} to {} {}", http_status, access.verb, what),
            cause,
            {},
            status ? status->reason : std::string()};
}

}  // namespace redisctl::kube
