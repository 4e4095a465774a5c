#include "base/text.h"
#include "base/unicode.h"
#include "output/json_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace redisctl::output {

namespace {

using Json = nlohmann::ordered_json;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Narrow on purpose: no YAML reader sees anything but a string in a text that starts with a letter and holds only
// these, save for the words.
bool may_be_plain(std::string_view text) {
    static constexpr std::array<std::string_view, 10> words{"null", "true", "false", "yes", "no",
                                                            "on",   "off",  "y",     "n",   "nan"};
    if (text.empty() || !is_letter(text[0]) || text.back() == ' ' || text.back() == ':') return false;
    for (size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        bool word =
            is_letter(c) || (c >= '0' && c <= '9') || std::string_view("_./-+=() ").find(c) != std::string_view::npos;
        bool colon = c == ':' && text[i + 1] != ' ';
        if (!word && !colon) return false;
    }
    return std::find(words.begin(), words.end(), lower(text)) == words.end();
}

std::string scalar(std::string_view raw) {
    std::string text = valid_utf8(raw);
    if (may_be_plain(text)) return text;
    std::string out = "\"";
    for (size_t at = 0; at < text.size();) {
        CodePoint point = decode_utf8(text, at);
        if (point.value == '"' || point.value == '\\') {
            out += '\\';
            out += text[at];
        } else if (point.value == '\n') {
            out += "\\n";
        } else if (point.value == '\t') {
            out += "\\t";
        } else if (is_printable(point.value)) {
            out.append(text, at, point.length);
        } else if (point.value < 0x10000) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(point.value));
        } else {
            out += fmt::format("\\U{:08x}", static_cast<unsigned>(point.value));
        }
        at += point.length;
    }
    return out + '"';
}

bool is_block(const Json& json) {
    return (json.is_object() || json.is_array()) && !json.empty();
}

std::string flat(const Json& json) {
    if (json.is_string()) return scalar(json.get_ref<const std::string&>());
    return json.dump();  // numbers, true, false, null, {} and [] are the same in YAML
}

// Writes a block whose first line is already indented; the others get `indent`.
void write_block(std::string& out, const Json& json, size_t indent) {
    bool first = true;
    auto start_line = [&] {
        if (!first) out.append(indent, ' ');
        first = false;
    };
    if (json.is_array()) {
        for (const Json& element : json) {
            start_line();
            out += "- ";
            if (is_block(element))
                write_block(out, element, indent + 2);
            else
                out += flat(element) + '\n';
        }
        return;
    }
    for (const auto& [key, value] : json.items()) {
        start_line();
        out += scalar(key) + ':';
        if (!is_block(value)) {
            out += ' ' + flat(value) + '\n';
            continue;
        }
        // As kubectl writes it: a sequence stands under its key without more indentation.
        size_t inner = value.is_array() ? indent : indent + 2;
        out += '\n';
        out.append(inner, ' ');
        write_block(out, value, inner);
    }
}

}  // namespace

std::string yaml_text(const Json& json) {
    if (!is_block(json)) return flat(json) + '\n';
    std::string out;
    write_block(out, json, 0);
    return out;
}

}  // namespace redisctl::output
