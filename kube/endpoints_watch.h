// Waiting until the EndpointSlices of one Service are as they should be: the fact that traffic was told where to go.
// (kube-proxy on each node follows a little later and gives no feedback.)
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/objects.h"

#include <functional>
#include <string>
#include <vector>

namespace redisctl::kube {

// Lists, then watches from there; an event that the server has forgotten (410), a stream that ends or breaks lists
// again. Returns as soon as `wanted` is true of all slices of the Service, the first look included. Errors: `timeout`,
// its cause naming the endpoints as they still are; `interrupted` on Ctrl-C; forbidden with the rule to add, and
// whatever else a request can end with.
Result<void> await_endpoints(Client& client, const std::string& ns, const std::string& service,
                             const std::function<bool(const std::vector<EndpointSlice>&)>& wanted, Deadline deadline);

// "redis-0 ready, redis-1 not ready", in natural order; "none". For messages.
std::string endpoints_text(const std::vector<EndpointSlice>& slices);

}  // namespace redisctl::kube
