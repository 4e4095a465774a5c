// Asking the API server beforehand what it would permit: SelfSubjectAccessReviews, all at once.
#pragma once

#include "base/result.h"
#include "kube/api_error.h"
#include "kube/client.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

enum class Permission { allowed, denied, unknown };
std::string_view permission_name(Permission permission);  // "allowed", "denied", "unknown"

struct Review {
    Access access;
    Permission permission = Permission::unknown;
    std::string reason;  // the authorizer's words when denied, what went wrong when unknown; may be empty
};

// One review a question, in their order; access.resource may name a subresource ("pods/portforward"). Reviews change
// nothing, so they are tried again like reads. A review that could not be had is `unknown` with the reason, never an
// error. Errors: interrupted.
Result<std::vector<Review>> review_access(Client& client, const std::vector<Access>& accesses, Deadline deadline);

}  // namespace redisctl::kube
