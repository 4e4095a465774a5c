#include "redis/monitor_line.h"

#include "base/text.h"

#include <charconv>

namespace redisctl::redis {

namespace {

constexpr std::string_view end_of_client = "] \"";

// "1339518083.107412", always with six digits behind the dot.
std::optional<int64_t> parse_micros(std::string_view text) {
    constexpr int64_t a_second = 1'000'000;
    constexpr size_t digits = 6;
    const size_t dot = text.find('.');
    if (dot == std::string_view::npos || text.size() - dot - 1 != digits) return std::nullopt;
    const std::optional<int64_t> seconds = parse_int(text.substr(0, dot)), rest = parse_int(text.substr(dot + 1));
    if (!seconds || !rest || *seconds < 0 || *rest < 0 || *seconds >= INT64_MAX / a_second) return std::nullopt;
    return *seconds * a_second + *rest;
}

// The character behind a backslash, taken from the front. "\xHH" is one byte; what stands for nothing else is itself.
std::optional<char> take_escaped(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const char kind = text.front();
    text.remove_prefix(1);
    switch (kind) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'a':
            return '\a';
        case 'b':
            return '\b';
        case 'x': {
            unsigned char byte = 0;
            if (text.size() < 2) return std::nullopt;
            const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
            if (error != std::errc() || end != text.data() + 2) return std::nullopt;
            text.remove_prefix(2);
            return static_cast<char>(byte);
        }
        default:
            return kind;
    }
}

// A quoted word, taken from the front.
std::optional<std::string> take_word(std::string_view& text) {
    if (!text.starts_with('"')) return std::nullopt;
    text.remove_prefix(1);
    std::string word;
    while (!text.empty()) {
        const char next = text.front();
        text.remove_prefix(1);
        if (next == '"') return word;
        if (next != '\\') {
            word += next;
        } else if (const std::optional<char> escaped = take_escaped(text)) {
            word += *escaped;
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<MonitorLine> parse_monitor_line(std::string_view line) {
    const size_t open = line.find(" [");
    if (open == std::string_view::npos) return std::nullopt;
    const std::optional<int64_t> micros = parse_micros(line.substr(0, open));
    // An IPv6 address has brackets of its own.
    const size_t close = line.find(end_of_client, open);
    if (!micros || close == std::string_view::npos) return std::nullopt;
    const std::string_view whom = line.substr(open + 2, close - open - 2);
    const size_t blank = whom.find(' ');
    const std::optional<int64_t> database = parse_int(whom.substr(0, blank));
    if (!database || *database < 0 || blank == std::string_view::npos) return std::nullopt;

    MonitorLine out{*micros, *database, std::string(whom.substr(blank + 1)), {}};
    std::string_view words = line.substr(close + 2);
    for (;;) {
        std::optional<std::string> word = take_word(words);
        if (!word) return std::nullopt;
        out.command.push_back(std::move(*word));
        if (words.empty()) return out;
        if (!words.starts_with(' ')) return std::nullopt;
        words.remove_prefix(1);
    }
}

}  // namespace redisctl::redis
