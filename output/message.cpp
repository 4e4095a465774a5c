#include "output/message.h"

#include "base/text.h"

namespace redisctl::output {

namespace {

void append_lines(std::string& out, std::string_view label, std::string_view text) {
    bool first = true;
    for (std::string_view line : split(text, '\n')) {
        if (first) out.append(label);
        if (!first && !line.empty()) out.append(label.size(), ' ');
        out += printable(line) + '\n';
        first = false;
    }
}

}  // namespace

std::string error_text(const Error& error, const Terminal& terminal) {
    std::string out = "redisctl: " + paint("error:", Tone::bad, terminal) + ' ' + printable(error.message) + '\n';
    if (!error.cause.empty()) out += "  cause: " + printable(error.cause) + '\n';
    if (!error.hint.empty()) append_lines(out, "  hint:  ", error.hint);
    return out;
}

std::string note_text(std::string_view text) {
    return "redisctl: " + printable(text) + '\n';
}

}  // namespace redisctl::output
