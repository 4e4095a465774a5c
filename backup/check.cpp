#include "backup/check.h"

#include "backup/sha256.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "base/text.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::backup {

namespace {

struct Read {
    uint64_t bytes = 0;
    std::string sha256;
    Result<redis::RdbFacts> facts = fail(ErrorCode::io, "nothing was read");
};

Error unreadable(const std::string& path, int number) {
    return {number == ENOENT ? ErrorCode::not_found : ErrorCode::io,
            fmt::format("{} cannot be read", printable(path)),
            std::strerror(number),
            {},
            {}};
}

// An RDB that is broken is read to its end all the same: its sum is of the whole.
Result<Read> read(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail(unreadable(path, errno));
    Read result;
    Sha256 sha256;
    redis::RdbReader reader;
    Result<void> fed;
    std::string buffer(1u << 20, '\0');
    while (true) {
        if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
        const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(unreadable(path, errno));
        if (n == 0) break;
        const std::string_view bytes(buffer.data(), static_cast<size_t>(n));
        result.bytes += bytes.size();
        sha256.add(bytes);
        if (fed) fed = reader.feed(bytes);
    }
    result.sha256 = sha256.hex();
    result.facts = fed ? reader.finish() : fail(fed.error());
    return result;
}

std::string sentence(const Error& error) {
    return error.cause.empty() ? error.message : fmt::format("{}: {}", error.message, error.cause);
}

std::string counted(const std::map<uint64_t, redis::RdbDatabase>& databases) {
    std::string text;
    for (const auto& [number, database] : databases)
        text += fmt::format("{}db{} {}", text.empty() ? "" : ", ", number, database.keys);
    return text.empty() ? "no keys" : text;
}

Check keys_check(const redis::RdbFacts& facts, const std::optional<Manifest>& manifest) {
    if (!facts.not_counted.empty()) return {"keys", std::nullopt, "not counted: " + facts.not_counted};
    const std::string now = counted(facts.databases);
    if (!manifest) return {"keys", std::nullopt, now + "; there is no manifest to compare with"};
    if (!manifest->keys) return {"keys", std::nullopt, now + "; the manifest has no count"};
    const bool same = *manifest->keys == facts.databases;
    return {"keys", same, same ? now : fmt::format("{}, and the manifest says {}", now, counted(*manifest->keys))};
}

}  // namespace

Result<std::vector<Check>> check_rdb(const std::string& path, const std::optional<Manifest>& manifest) {
    TRY_ASSIGN(const Read file, read(path));
    std::vector<Check> checks;
    if (manifest) {
        const bool same_size = file.bytes == manifest->bytes;
        checks.push_back({"size", same_size,
                          same_size ? fmt::format("{} bytes", file.bytes)
                                    : fmt::format("{} bytes, and the manifest says {}", file.bytes, manifest->bytes)});
        const bool same_sum = file.sha256 == manifest->sha256;
        checks.push_back(
            {"sha256", same_sum,
             same_sum ? file.sha256 : fmt::format("{}, and the manifest says {}", file.sha256, manifest->sha256)});
    } else {
        checks.push_back({"sha256", std::nullopt, file.sha256 + "; there is no manifest to compare with"});
    }
    const bool wrong_sum = !file.facts && file.facts.error().reason == "RDB_CHECKSUM";
    if (!file.facts && !wrong_sum) {
        checks.push_back({"rdb", false, sentence(file.facts.error())});
        return checks;
    }
    if (wrong_sum) {
        checks.push_back({"checksum", false, sentence(file.facts.error())});
        return checks;
    }
    const redis::RdbFacts& facts = *file.facts;
    checks.push_back({"rdb", true, fmt::format("format {}, whole to its end mark", facts.version)});
    if (facts.checksum == redis::RdbChecksum::good)
        checks.push_back({"checksum", true, "its own checksum is right"});
    else
        checks.push_back({"checksum", std::nullopt, "it has none (rdbchecksum no)"});
    checks.push_back(keys_check(facts, manifest));
    return checks;
}

}  // namespace redisctl::backup
