#include "output/render.h"

#include "base/text.h"
#include "output/json_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl::output {

namespace {

Tone tone_of(Severity severity) {
    switch (severity) {
        case Severity::info:
            return Tone::dim;
        case Severity::warning:
            return Tone::warn;
        case Severity::critical:
            return Tone::bad;
    }
    return Tone::plain;
}

std::string padded(std::string_view text, size_t width) {
    return std::string(text) + std::string(width - std::min(width, display_width(text)), ' ');
}

}  // namespace

std::string render(const Document& document, Format format, Headers headers, const Terminal& terminal) {
    if (format == Format::json) return json_text(document.json(), Layout::indented);
    if (format == Format::yaml) return yaml_text(document.json());
    std::string out;
    if (format == Format::name) {
        for (const std::string& name : document.names()) out += printable(name) + '\n';
        return out;
    }
    if (!document.text().empty()) return document.text();
    for (const Table& table : document.tables()) {
        if (!out.empty() && headers == Headers::shown) out += '\n';
        out += render_table(table, format == Format::wide ? Detail::wide : Detail::normal, headers, terminal);
    }
    return out;
}

std::string render_findings(const std::vector<Finding>& findings, const Terminal& terminal) {
    size_t severity_width = 0, code_width = 0;
    bool several = false;
    for (const Finding& finding : findings) {
        severity_width = std::max(severity_width, severity_name(finding.severity).size());
        code_width = std::max(code_width, display_width(printable(finding.code)));
        several = several || finding.instance != findings.front().instance;
    }
    std::string out;
    for (const Finding& finding : findings) {
        out +=
            paint(padded(severity_name(finding.severity), severity_width), tone_of(finding.severity), terminal) + "  ";
        out += padded(printable(finding.code), code_width) + "  ";
        if (several && !finding.instance.empty()) out += printable(finding.instance) + ": ";
        out += printable(finding.message) + '\n';
        std::string_view before = "  hint: ";
        if (finding.hint.empty()) continue;
        for (std::string_view line : split(finding.hint, '\n')) {
            out += paint(std::string(before) + printable(line), Tone::dim, terminal) + '\n';
            before = "        ";
        }
    }
    return out;
}

}  // namespace redisctl::output
