// An object as the API gives it → as it can be applied again, here or elsewhere. Pure.
#pragma once

#include "base/result.h"

#include <nlohmann/json_fwd.hpp>

#include <set>
#include <string>
#include <string_view>

namespace redisctl::kube {

// Without status and without what the server fills in or what would tie it to objects that are gone: uid,
// resourceVersion, managedFields, owners, finalizers, a Service's addresses, a claim's volume, kubectl's copy of itself.
// Errors: protocol.
Result<nlohmann::json> reappliable(std::string_view object);

// The ConfigMaps and Secrets that an object's pods take, wherever in its spec they are named.
struct References {
    std::set<std::string> config_maps, secrets;
};
void add_references(const nlohmann::json& object, References& references);

}  // namespace redisctl::kube
