// JSON trees as text, safe to send to a terminal.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace redisctl::output {

enum class Layout { indented, line };

// Indented by 2, or on one line; ends with a newline. Broken UTF-8 becomes U+FFFD; what must not reach a terminal is
// escaped, which changes no value.
std::string json_text(const nlohmann::ordered_json& json, Layout layout);

// The same tree as a YAML document: block style; every string that a YAML 1.1 or 1.2 reader could take for something
// else is quoted.
std::string yaml_text(const nlohmann::ordered_json& json);

}  // namespace redisctl::output
