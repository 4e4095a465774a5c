// Passwords in Kubernetes objects, so that a backup can be read by others. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>

namespace redisctl {

// A Secret loses its data: a wrong value would be worse than none, which pods refuse to start with. Elsewhere what is
// spelled out becomes (hidden): variables by their names, arguments, scripts, redis.conf in a ConfigMap. What was done
// stands in the annotation redisctl.io/hidden. How many places it was.
size_t hide_passwords(nlohmann::json& object);

}  // namespace redisctl
