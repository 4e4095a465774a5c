// The JSON Schemas (2020-12) of the documents that redisctl prints: the contract, as a program can check it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::output {

// The kinds that have a schema, sorted.
std::vector<std::string_view> schema_kinds();

// The schema of a kind, its shared pieces under $defs; nullopt for an unknown kind. Every member that a document always
// has is required, and no others are allowed: the contract changes by adding, and then this changes with it.
std::optional<nlohmann::ordered_json> schema(std::string_view kind);

// The same as indented text.
std::optional<std::string> schema_text(std::string_view kind);

}  // namespace redisctl::output
