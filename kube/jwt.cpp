#include "kube/jwt.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

#include <string>

namespace redisctl::kube {

std::optional<int64_t> jwt_expiry(std::string_view token) {
    auto parts = split(token, '.');
    if (parts.size() != 3) return std::nullopt;
    std::string claims(parts[1]);  // base64url without padding
    for (char& c : claims) c = c == '-' ? '+' : c == '_' ? '/' : c;
    claims.append((4 - claims.size() % 4) % 4, '=');
    auto decoded = base64_decode(claims);
    if (!decoded) return std::nullopt;
    auto json = nlohmann::json::parse(*decoded, nullptr, false);
    auto exp = json.is_object() ? json.find("exp") : json.end();
    if (exp == json.end() || !exp->is_number()) return std::nullopt;
    double seconds = exp->get<double>();
    if (!(seconds >= 0 && seconds < 1e15)) return std::nullopt;
    return static_cast<int64_t>(seconds);
}

}  // namespace redisctl::kube
