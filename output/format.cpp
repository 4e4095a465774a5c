#include "output/format.h"

namespace redisctl::output {

std::string_view format_name(Format format) {
    switch (format) {
        case Format::table:
            return "table";
        case Format::wide:
            return "wide";
        case Format::json:
            return "json";
        case Format::yaml:
            return "yaml";
        case Format::name:
            return "name";
    }
    return "table";
}

std::optional<Format> parse_format(std::string_view name) {
    for (Format format : {Format::table, Format::wide, Format::json, Format::yaml, Format::name})
        if (format_name(format) == name) return format;
    return std::nullopt;
}

}  // namespace redisctl::output
