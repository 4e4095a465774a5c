#include "output/output.h"

#include "base/text.h"
#include "output/json_text.h"
#include "output/message.h"
#include "output/render.h"
#include "output/write.h"

#include <nlohmann/json.hpp>

#include <set>

namespace redisctl::output {

Result<void> Output::print(const Document& document) {
    std::string text = render(document, settings_.format, settings_.headers, settings_.out);
    if (is_document(settings_.format)) return write(text);

    bool beside = settings_.headers == Headers::shown && settings_.format != Format::name && document.text().empty();
    std::string findings = render_findings(document.findings(), beside ? settings_.out : settings_.err);
    if (beside && !findings.empty()) text += (text.empty() ? "" : "\n") + findings;
    TRY(write(text));
    if (!beside) say(findings);
    std::set<std::string> hints;
    for (const ErrorItem& item : document.errors()) {
        Error shown = item.error;
        if (!hints.insert(shown.hint).second) shown.hint.clear();
        error(shown);
    }
    return {};
}

Result<void> Output::print_line(const nlohmann::ordered_json& document) {
    return write(json_text(document, Layout::line));
}

Result<void> Output::write(std::string_view text) {
    progress({});
    printed_ = true;
    if (closed_) return {};
    auto written = write_all(settings_.out_fd, text);
    if (!written && written.error().reason == kClosedPipe) {
        closed_ = true;
        return {};
    }
    return written;
}

void Output::error(const Error& error) {
    say(error_text(error, settings_.err));
}

void Output::note(std::string_view text) {
    if (settings_.verbosity != Verbosity::quiet) say(note_text(text));
}

void Output::detail(std::string_view text) {
    if (settings_.verbosity == Verbosity::verbose) say(note_text(text));
}

void Output::progress(std::string_view text) {
    constexpr std::string_view start_of_line = "\r\x1b[K";
    if (!settings_.err.tty || settings_.verbosity == Verbosity::quiet || (text.empty() && !progress_)) return;
    progress_ = !text.empty();
    std::string line(start_of_line);
    line += printable(text);
    // A line that wraps could not be replaced. It is plain ASCII, so bytes are columns.
    if (const size_t columns = settings_.err.columns; columns > 1 && text.size() >= columns)
        line.resize(start_of_line.size() + columns - 1);
    (void)write_all(settings_.err_fd, line);
}

// There is nowhere left to tell that stderr cannot be written.
void Output::say(std::string_view text) {
    progress({});
    (void)write_all(settings_.err_fd, text);
}

}  // namespace redisctl::output
