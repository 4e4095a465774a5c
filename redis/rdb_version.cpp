#include "redis/rdb_version.h"

#include "base/text.h"

#include <array>
#include <utility>

namespace redisctl::redis {

namespace {

using Minor = std::pair<int64_t, int64_t>;

struct Formats {
    Minor since, until;  // both included
    int format;
};
constexpr std::array<Formats, 7> redis_formats{{{{3, 2}, {3, 2}, 7},
                                                {{4, 0}, {4, 0}, 8},
                                                {{5, 0}, {6, 2}, 9},
                                                {{7, 0}, {7, 0}, 10},
                                                {{7, 2}, {7, 2}, 11},
                                                {{7, 4}, {8, 4}, 12},
                                                {{8, 6}, {8, 6}, 13}}};
constexpr std::array<Formats, 2> valkey_formats{{{{7, 2}, {8, 1}, 11}, {{9, 0}, {9, 0}, 80}}};

// Valkey keeps away from the numbers that Redis took after the two parted, and Redis knows none so high.
constexpr int first_foreign = 12, last_foreign = 79;

std::optional<Minor> minor_of(std::string_view version) {
    const auto parts = split(version, '.');
    if (parts.size() < 2) return std::nullopt;
    const auto major = parse_int(parts[0]), minor = parse_int(parts[1]);
    if (!major || !minor) return std::nullopt;
    return Minor{*major, *minor};
}

template <size_t N>
std::optional<int> format_of(const std::array<Formats, N>& formats, const Minor& minor) {
    for (const Formats& one : formats)
        if (one.since <= minor && minor <= one.until) return one.format;
    return std::nullopt;
}

}  // namespace

std::optional<int> rdb_version_of(const Release& release) {
    const auto minor = minor_of(release.version);
    if (!minor) return std::nullopt;
    return release.server == "valkey" ? format_of(valkey_formats, *minor) : format_of(redis_formats, *minor);
}

std::optional<bool> can_load(const Release& reader, const Release& writer) {
    const auto own = minor_of(reader.version), other = minor_of(writer.version);
    if (own && own == other && reader.server == writer.server) return true;
    const auto reads = rdb_version_of(reader), writes = rdb_version_of(writer);
    if (!reads || !writes) return std::nullopt;
    if (reader.server == "valkey" && *writes >= first_foreign && *writes <= last_foreign) return false;
    return *writes <= *reads;
}

}  // namespace redisctl::redis
