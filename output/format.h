// The formats of -o.
#pragma once

#include <optional>
#include <string_view>

namespace redisctl::output {

enum class Format { table, wide, json, yaml, name };

std::string_view format_name(Format format);
std::optional<Format> parse_format(std::string_view name);

// json and yaml carry errors and findings in the document itself.
inline bool is_document(Format format) {
    return format == Format::json || format == Format::yaml;
}

}  // namespace redisctl::output
