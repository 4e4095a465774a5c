// What a bearer token says of itself. Nothing is verified: that is the server's work.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace redisctl::kube {

// "exp" of a JSON Web Token, in seconds since the epoch; nullopt when the token is none, or does not expire.
std::optional<int64_t> jwt_expiry(std::string_view token);

}  // namespace redisctl::kube
