#include "backup/check.h"

#include "backup/pieces.h"
#include "backup/sha256.h"
#include "redis/command_stream.h"
#include "redis/rdb_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::backup {

namespace {

struct Read {
    uint64_t bytes = 0;
    std::string sha256;
    Result<redis::RdbFacts> facts = fail(ErrorCode::io, "nothing was read");
};

// An RDB that is broken is read to its end all the same: its sum is of the whole.
Result<Read> read(const std::string& path, redis::RdbVisitor* visitor) {
    TRY_ASSIGN(Pieces pieces, Pieces::open(path));
    Read result;
    Sha256 sha256;
    redis::RdbReader reader(visitor);
    Result<void> fed;
    while (true) {
        TRY_ASSIGN(const std::string_view bytes, pieces.next());
        if (bytes.empty()) break;
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

// Whole commands, as many as the manifest says, and every transaction to its end.
class Counted final : private redis::CommandVisitor {
  public:
    void add(std::string_view bytes) {
        if (read_) read_ = stream_.feed(bytes);
    }

    Check check(const Manifest& manifest) const {
        if (!read_) return {"commands", false, sentence(read_.error())};
        if (!stream_.between_commands()) return {"commands", false, "it ends in the middle of a command"};
        if (in_transaction_) return {"commands", false, "it ends in the middle of a transaction"};
        const uint64_t wanted = manifest.aof ? manifest.aof->commands : commands_;
        return {"commands", commands_ == wanted,
                commands_ == wanted ? fmt::format("{}, each whole", commands_)
                                    : fmt::format("{}, and the manifest says {}", commands_, wanted)};
    }

  private:
    Result<void> command(std::string_view name) override {
        commands_++;
        if (name == "MULTI") in_transaction_ = true;
        if (name == "EXEC" || name == "DISCARD") in_transaction_ = false;
        return {};
    }
    Result<void> bytes(std::string_view) override { return {}; }
    Result<void> ends() override { return {}; }

    redis::CommandStream stream_{*this};
    Result<void> read_;
    uint64_t commands_ = 0;
    bool in_transaction_ = false;
};

Result<Check> part_check(const std::string& path, const Part& part, Counted* counted) {
    const std::string what = fmt::format("{} {}", part.kind, part.name);
    auto pieces = Pieces::open(path);
    if (!pieces) return Check{"part", false, fmt::format("{}: {}", what, sentence(pieces.error()))};
    Sha256 sha256;
    uint64_t bytes = 0;
    while (true) {
        const Result<std::string_view> next = pieces->next();
        if (!next && next.error().code == ErrorCode::interrupted) return fail(next.error());
        if (!next) return Check{"part", false, fmt::format("{}: {}", what, sentence(next.error()))};
        if (next->empty()) break;
        bytes += next->size();
        sha256.add(*next);
        if (counted) counted->add(*next);
    }
    const std::string sum = sha256.hex();
    if (sum != part.sha256)
        return Check{"part", false,
                     fmt::format("{}: {} bytes with sha256 {}, and the manifest says {} bytes, {}", what, bytes, sum,
                                 part.bytes, part.sha256)};
    return Check{"part", true, fmt::format("{}: {} bytes{}", what, bytes, part.encrypted ? ", encrypted" : "")};
}

}  // namespace

bool Checked::whole() const {
    return std::none_of(checks.begin(), checks.end(), [](const Check& check) { return check.ok == false; });
}

Result<Checked> check_rdb(const std::string& path, const std::optional<Manifest>& manifest,
                          redis::RdbVisitor* visitor) {
    TRY_ASSIGN(Read file, read(path, visitor));
    Checked checked;
    checked.bytes = file.bytes;
    checked.sha256 = file.sha256;
    std::vector<Check>& checks = checked.checks;
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
        return checked;
    }
    if (wrong_sum) {
        checks.push_back({"checksum", false, sentence(file.facts.error())});
        return checked;
    }
    const redis::RdbFacts& facts = *file.facts;
    checks.push_back({"rdb", true, fmt::format("format {}, whole to its end mark", facts.version)});
    if (facts.checksum == redis::RdbChecksum::good)
        checks.push_back({"checksum", true, "its own checksum is right"});
    else
        checks.push_back({"checksum", std::nullopt, "it has none (rdbchecksum no)"});
    checks.push_back(keys_check(facts, manifest));
    checked.facts = std::move(*file.facts);
    return checked;
}

Result<std::vector<Check>> check_parts(const std::string& folder, const Manifest& manifest) {
    std::vector<Check> checks;
    for (const Part& part : manifest.parts) {
        std::optional<Counted> counted;
        if (part.kind == aof_kind && part.name == aof_incr) counted.emplace();
        TRY_ASSIGN(Check check, part_check(folder + "/" + part.file, part, counted ? &*counted : nullptr));
        checks.push_back(std::move(check));
        if (counted) checks.push_back(counted->check(manifest));
    }
    for (const Missing& missing : manifest.missing)
        checks.push_back(
            {"complete", false, fmt::format("{} {} is not in it: {}", missing.kind, missing.name, missing.why)});
    return checks;
}

}  // namespace redisctl::backup
