// Objects that redisctl makes, and removes again: one at a time, never more than once.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/resource.h"

#include <string>

namespace redisctl::kube {

// Makes an object of this JSON text, and gives what stands there then. Errors: `conflict` when one of that name is there
// already; reason UNKNOWN_OUTCOME (kube/request.h) when it may or may not have been made; forbidden with the rule to
// add; `server` when it would be invalid.
Result<std::string> create_object(Client& client, const Resource& resource, const std::string& ns,
                                  const std::string& name, std::string body, Deadline deadline);

// Only when it still is the object with this uid. What it owns goes with it, later. Errors: as above; not_found;
// `conflict` when the object of that name is another one.
Result<void> delete_object(Client& client, const Resource& resource, const std::string& ns, const std::string& name,
                           const std::string& uid, Deadline deadline);

}  // namespace redisctl::kube
