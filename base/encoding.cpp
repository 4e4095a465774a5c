#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace redisctl {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// `count` digits at `at`; nullopt when there are other characters or the text is too short.
std::optional<int> digits(std::string_view text, size_t at, size_t count) {
    if (at + count > text.size()) return std::nullopt;
    int value = 0;
    for (char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

bool has(std::string_view text, size_t at, char c) {
    return at < text.size() && text[at] == c;
}

}  // namespace

std::optional<std::string> base64_decode(std::string_view text) {
    std::string out;
    uint32_t bits = 0;
    size_t symbols = 0, padding = 0;
    for (char c : text) {
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        size_t value = kAlphabet.find(c);
        if (padding > 0 || value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<uint32_t>(value);
        if (++symbols % 4 == 1) continue;
        out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> (symbols % 4 == 2   ? 4
                                                                            : symbols % 4 == 3 ? 2
                                                                                               : 0))));
    }
    if (symbols % 4 == 1 || (symbols + padding) % 4 != 0 || padding > 2) return std::nullopt;
    return out;
}

std::string base64_encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t at = 0; at < bytes.size(); at += 3) {
        uint32_t bits = 0;
        size_t count = std::min<size_t>(3, bytes.size() - at);
        for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (size_t i = 0; i < 4; ++i) out.push_back(i <= count ? kAlphabet[bits >> (18 - 6 * i) & 0x3f] : '=');
    }
    return out;
}

namespace {

std::string rfc3339_micros(std::chrono::sys_time<std::chrono::microseconds> time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string without_micros(const std::string& time) {
    return time.substr(0, std::string_view("2026-01-31T12:00:00").size()) + 'Z';
}

}  // namespace

std::string rfc3339_now() {
    return without_micros(rfc3339_micros_now());
}

std::string rfc3339_micros_now() {
    return rfc3339_micros(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

std::string rfc3339(int64_t seconds) {
    constexpr int64_t end_of_9999 = 253'402'300'799;
    const std::chrono::seconds since_epoch(std::clamp<int64_t>(seconds, 0, end_of_9999));
    return without_micros(rfc3339_micros(std::chrono::sys_time<std::chrono::microseconds>(since_epoch)));
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
    auto h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
    if (!y || !mo || !d || !h || !mi || !s || !has(text, 4, '-') || !has(text, 7, '-') || !has(text, 13, ':') ||
        !has(text, 16, ':'))
        return std::nullopt;
    if (!has(text, 10, 'T') && !has(text, 10, 't') && !has(text, 10, ' ')) return std::nullopt;
    year_month_day date{year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;

    size_t at = 19;
    if (has(text, at, '.')) {
        size_t start = ++at;
        while (digits(text, at, 1)) ++at;
        if (at == start) return std::nullopt;
    }
    int64_t offset = 0;
    if (has(text, at, 'Z') || has(text, at, 'z')) {
        ++at;
    } else if (has(text, at, '+') || has(text, at, '-')) {
        auto hours = digits(text, at + 1, 2), minutes = digits(text, at + 4, 2);
        if (!hours || !minutes || !has(text, at + 3, ':') || *hours > 23 || *minutes > 59) return std::nullopt;
        offset = (*hours * 3600 + *minutes * 60) * (text[at] == '-' ? -1 : 1);
        at += 6;
    } else {
        return std::nullopt;
    }
    if (at != text.size()) return std::nullopt;
    return int64_t{sys_days(date).time_since_epoch().count()} * 86400 + *h * 3600 + *mi * 60 + *s - offset;
}

}  // namespace redisctl
