// Text in and out: numbers, durations and sizes with their units, names in natural order, bytes made safe for
// terminals.
#pragma once

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl {

// The whole text is a decimal integer that fits; no sign but '-', no blanks, no prefix.
std::optional<int64_t> parse_int(std::string_view text);

// 1..65535.
std::optional<uint16_t> parse_port(std::string_view text);

// "500ms", "5s", "1m30s", "2h"; also "1.5s", rounded up to whole milliseconds. A unit is required. Errors: usage.
Result<Millis> parse_duration(std::string_view text);

// As kubectl's --request-timeout takes it: a bare number is seconds, "0" is none.
Result<Millis> parse_duration_or_seconds(std::string_view text);

// "10", "64KiB", "1MiB", "2GB", "100B" → bytes. K, KB and KiB all mean 1024, as redis.conf's kb does. Errors: usage.
Result<uint64_t> parse_bytes(std::string_view text);

// 1536 → "1.5KiB", for tables only.
std::string human_bytes(uint64_t bytes);

// redis-2 before redis-10: digit runs compare as numbers.
bool natural_less(std::string_view a, std::string_view b);

// Bytes from elsewhere, made safe to print: control characters (ESC, newline, bidi overrides) and broken UTF-8 become
// visible escapes.
std::string printable(std::string_view text);

// Replaces broken UTF-8 by U+FFFD; JSON needs it.
std::string valid_utf8(std::string_view text);

// Display columns that the text takes in a terminal (wide and combining characters counted).
size_t display_width(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);

// The nearest of the candidates, when it is near enough to be what was meant; for "did you mean".
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// Standard base64 with whitespace ignored; nullopt when it is none.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

// "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z"
std::string rfc3339_now();
std::string rfc3339_micros_now();
std::string rfc3339(
    int64_t seconds);  // since the epoch; what lies outside the years 1970 to 9999 becomes their nearest end
// Seconds since the epoch of an RFC 3339 time with Z or an offset, fractions ignored.
std::optional<int64_t> parse_rfc3339(std::string_view text);

}  // namespace redisctl
