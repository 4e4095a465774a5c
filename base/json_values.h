// JSON of what may be missing: null, never an empty text and never 0.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace redisctl {

// Empty is missing.
inline nlohmann::ordered_json text_or_null(std::string_view value) {
    return value.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
}

template <class T>
nlohmann::ordered_json value_or_null(const std::optional<T>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace redisctl
