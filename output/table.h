// A table for people: columns, rows, and the text that they become.
#pragma once

#include "output/terminal.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redisctl::output {

enum class Align { left, right };
enum class Show { always, wide_only };

struct Column {
    std::string title;  // upper case, like kubectl's
    Show show = Show::always;
    Align align = Align::left;
};

// A column of numbers.
inline Column numbers(std::string title, Show show = Show::always) {
    return {std::move(title), show, Align::right};
}

// Text may come from a server as it is. An empty cell is printed as "-", so that every row has the same number of
// words.
struct Cell {
    Cell() = default;
    Cell(std::string content, Tone t = Tone::plain) : text(std::move(content)), tone(t) {}
    Cell(std::string_view content, Tone t = Tone::plain) : text(content), tone(t) {}
    Cell(const char* content, Tone t = Tone::plain) : text(content), tone(t) {}
    template <std::integral Number>
    requires(!std::same_as<Number, bool>) Cell(Number number, Tone t = Tone::plain)
        : text(std::to_string(number)), tone(t) {}
    // Unknown is "-", never 0.
    Cell(const std::optional<int64_t>& number, Tone t = Tone::plain)
        : text(number ? std::to_string(*number) : std::string()), tone(t) {}

    std::string text;
    Tone tone = Tone::plain;
};

struct Table {
    std::string heading;  // lines above it; may be empty
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;  // as many cells as columns
};

enum class Detail { normal, wide };
enum class Headers { shown, hidden };

// Every line ends with a newline, none with blanks. On a terminal that is too narrow the widest left-aligned columns
// are cut with "…", save with Detail::wide; in a pipe nothing is ever cut.
std::string render_table(const Table& table, Detail detail, Headers headers, const Terminal& terminal);

}  // namespace redisctl::output
