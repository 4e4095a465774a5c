#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <numeric>

namespace redisctl {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// ASCII only: the C library's functions depend on the locale.
char lower_char(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// A decimal number with an optional fraction, times `unit`, rounded up; nullopt when it is none or does not fit.
std::optional<uint64_t> scaled(std::string_view number, uint64_t unit) {
    size_t dot = std::min(number.find('.'), number.size());
    std::string_view whole = number.substr(0, dot);
    std::string_view fraction = dot < number.size() ? number.substr(dot + 1) : std::string_view();
    if (whole.empty() || (dot < number.size() && fraction.empty()) || fraction.size() > 9) return std::nullopt;
    if (!std::all_of(whole.begin(), whole.end(), is_digit) || !std::all_of(fraction.begin(), fraction.end(), is_digit))
        return std::nullopt;

    uint64_t count = 0, numerator = 0, denominator = 1;
    if (std::from_chars(whole.data(), whole.data() + whole.size(), count).ec != std::errc()) return std::nullopt;
    for (char digit : fraction) {
        numerator = numerator * 10 + static_cast<uint64_t>(digit - '0');
        denominator *= 10;
    }
    // Exact also where the fraction times the unit would not fit: the unit is split at the denominator.
    uint64_t part = unit / denominator * numerator + (unit % denominator * numerator + denominator - 1) / denominator;
    constexpr uint64_t limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    if (part > limit || count > (limit - part) / unit) return std::nullopt;
    return count * unit + part;
}

size_t number_end(std::string_view text) {
    size_t end = 0;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    return end;
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    std::iota(last.begin(), last.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<int64_t> parse_int(std::string_view text) {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<uint16_t> parse_port(std::string_view text) {
    auto value = parse_int(text);
    if (!value || *value < 1 || *value > 65535) return std::nullopt;
    return static_cast<uint16_t>(*value);
}

Result<Millis> parse_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        uint64_t millis;
    };
    static constexpr std::array<Unit, 5> units{
        {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    auto bad = [&] {
        return fail(ErrorCode::usage, fmt::format("'{}' is no duration", printable(text)),
                    "a number and its unit are needed", "write it as 500ms, 5s, 1m30s or 2h");
    };
    constexpr uint64_t limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    uint64_t total = 0;
    std::string_view rest = text;
    if (rest.empty()) return bad();
    while (!rest.empty()) {
        size_t end = number_end(rest);
        std::string_view number = rest.substr(0, end);
        rest.remove_prefix(end);
        size_t letters = 0;
        while (letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z') ++letters;
        auto unit =
            std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == rest.substr(0, letters); });
        if (unit == units.end()) return bad();
        rest.remove_prefix(letters);
        auto part = scaled(number, unit->millis);
        if (!part || *part > limit - total) return bad();
        total += *part;
    }
    return Millis(static_cast<int64_t>(total));
}

Result<Millis> parse_duration_or_seconds(std::string_view text) {
    if (!text.empty() && number_end(text) == text.size()) return parse_duration(std::string(text) + "s");
    return parse_duration(text);
}

Result<uint64_t> parse_bytes(std::string_view text) {
    static constexpr std::string_view prefixes = "kmgt";
    size_t end = number_end(text);
    std::string unit = lower(text.substr(end));
    uint64_t factor = 1;
    bool known = unit.empty() || unit == "b";
    if (size_t power = unit.empty() ? std::string_view::npos : prefixes.find(unit[0]);
        power != std::string_view::npos) {
        factor = uint64_t{1} << (10 * (power + 1));
        known = unit.size() == 1 || unit.substr(1) == "b" || unit.substr(1) == "ib";
    }
    auto value = known ? scaled(text.substr(0, end), factor) : std::nullopt;
    if (!value)
        return fail(ErrorCode::usage, fmt::format("'{}' is no size", printable(text)),
                    "a number of bytes, or a number and its unit, is needed", "write it as 64KiB, 1MiB or 2GiB");
    return *value;
}

std::string human_bytes(uint64_t bytes) {
    static constexpr std::array<std::string_view, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    double value = static_cast<double>(bytes);
    // From 1023.95 on, one digit after the point would read 1024.0.
    while (unit + 1 < units.size() && value >= (unit == 0 ? 1024.0 : 1023.95)) {
        value /= 1024;
        ++unit;
    }
    std::string number = fmt::format("{:.1f}", value);
    if (number.ends_with(".0")) number.resize(number.size() - 2);
    return number + std::string(units[unit]);
}

bool natural_less(std::string_view a, std::string_view b) {
    size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (!is_digit(a[i]) || !is_digit(b[j])) {
            if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
            ++i;
            ++j;
            continue;
        }
        auto run = [](std::string_view text, size_t& at) {
            while (at < text.size() && text[at] == '0') ++at;
            size_t start = at;
            while (at < text.size() && is_digit(text[at])) ++at;
            return text.substr(start, at - start);
        };
        std::string_view left = run(a, i), right = run(b, j);
        if (left.size() != right.size()) return left.size() < right.size();
        if (left != right) return left < right;
    }
    if (i < a.size() || j < b.size()) return i == a.size();
    return a < b;  // equal but for leading zeros
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (size_t start = 0;;) {
        size_t end = text.find(separator, start);
        parts.push_back(text.substr(start, end == std::string_view::npos ? end : end - start));
        if (end == std::string_view::npos) return parts;
        start = end + 1;
    }
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower_char);
    return out;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.empty()) return std::nullopt;
    std::string wanted = lower(word);
    const std::string* best = nullptr;
    size_t best_distance = 1 + wanted.size() / 4;
    for (const std::string& candidate : candidates) {
        size_t distance = edit_distance(wanted, lower(candidate));
        if (distance < best_distance || (distance == best_distance && !best)) {
            best = &candidate;
            best_distance = distance;
        }
    }
    if (best) return *best;
    // "replication" and "lag" mean replication-info and replica-lag.
    for (const std::string& candidate : candidates)
        if (wanted.size() >= 3 && lower(candidate).starts_with(wanted)) return candidate;
    for (const std::string& candidate : candidates) {
        auto parts = split(candidate, '-');
        if (std::find(parts.begin(), parts.end(), wanted) != parts.end()) return candidate;
    }
    return std::nullopt;
}

}  // namespace redisctl
