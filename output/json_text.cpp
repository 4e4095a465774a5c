#include "output/json_text.h"

#include "base/unicode.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace redisctl::output {

std::string json_text(const nlohmann::ordered_json& json, Layout layout) {
    std::string plain =
        json.dump(layout == Layout::indented ? 2 : -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::string out;
    out.reserve(plain.size() + 1);
    for (size_t at = 0; at < plain.size();) {
        CodePoint point = decode_utf8(plain, at);
        // C0 controls inside strings are escaped already; what is left of them is the layout's newlines.
        if (point.value < 0x20 || is_printable(point.value)) {
            out.append(plain, at, point.length);
        } else if (point.value < 0x10000) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(point.value));
        } else {
            auto rest = static_cast<unsigned>(point.value) - 0x10000;
            out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
        }
        at += point.length;
    }
    out += '\n';
    return out;
}

}  // namespace redisctl::output
