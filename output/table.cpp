#include "output/table.h"

#include "base/text.h"
#include "base/unicode.h"

#include <algorithm>
#include <numeric>

namespace redisctl::output {

namespace {

constexpr size_t kGap = 3;
constexpr size_t kNarrowest = 12;

struct Shown {
    std::string text;
    Tone tone = Tone::plain;
};

using Row = std::vector<Shown>;

// The first `width` columns of printable text, the last of them an ellipsis.
std::string cut(const std::string& text, size_t width) {
    size_t taken = 0, at = 0;
    while (at < text.size()) {
        CodePoint point = decode_utf8(text, at);
        size_t wide = column_width(point.value);
        if (taken + wide + 1 > width) break;
        taken += wide;
        at += point.length;
    }
    return text.substr(0, at) + "\xe2\x80\xa6";
}

void shrink(std::vector<size_t>& widths, const std::vector<const Column*>& columns, size_t limit) {
    size_t total = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
    while (total > limit) {
        size_t widest = widths.size();
        for (size_t i = 0; i < widths.size(); ++i) {
            bool may =
                columns[i]->align == Align::left && widths[i] > std::max(kNarrowest, display_width(columns[i]->title));
            if (may && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
        }
        if (widest == widths.size()) return;
        --widths[widest];
        --total;
    }
}

void append_row(std::string& out, const Row& row, const std::vector<const Column*>& columns,
                const std::vector<size_t>& widths, const Terminal& terminal) {
    for (size_t i = 0; i < row.size(); ++i) {
        std::string text = display_width(row[i].text) > widths[i] ? cut(row[i].text, widths[i]) : row[i].text;
        std::string blanks(widths[i] - display_width(text), ' ');
        bool last = i + 1 == row.size();
        if (columns[i]->align == Align::right) out += blanks;
        out += paint(text, row[i].tone, terminal);
        if (columns[i]->align == Align::left && !last) out += blanks;
        if (!last) out.append(kGap, ' ');
    }
    out += '\n';
}

}  // namespace

std::string render_table(const Table& table, Detail detail, Headers headers, const Terminal& terminal) {
    std::vector<size_t> picked;
    for (size_t i = 0; i < table.columns.size(); ++i)
        if (detail == Detail::wide || table.columns[i].show == Show::always) picked.push_back(i);
    if (picked.empty()) return {};

    std::vector<const Column*> columns;
    std::vector<size_t> widths;
    Row titles;
    for (size_t i : picked) {
        columns.push_back(&table.columns[i]);
        titles.push_back({table.columns[i].title, Tone::strong});
        widths.push_back(headers == Headers::shown ? display_width(table.columns[i].title) : 0);
    }
    std::vector<Row> rows;
    for (const auto& cells : table.rows) {
        Row row;
        for (size_t i : picked) {
            const Cell& cell = cells.at(i);
            row.push_back({cell.text.empty() ? "-" : printable(cell.text), cell.tone});
            widths[row.size() - 1] = std::max(widths[row.size() - 1], display_width(row.back().text));
        }
        rows.push_back(std::move(row));
    }
    if (terminal.tty && terminal.columns > 0 && detail == Detail::normal) shrink(widths, columns, terminal.columns);

    std::string out;
    if (headers == Headers::shown) {
        if (!table.heading.empty())
            for (std::string_view line : split(table.heading, '\n'))
                out += paint(printable(line), Tone::strong, terminal) + '\n';
        append_row(out, titles, columns, widths, terminal);
    }
    for (const Row& row : rows) append_row(out, row, columns, widths, terminal);
    return out;
}

}  // namespace redisctl::output
