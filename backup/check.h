// Is a file of an RDB what it should be? Nothing is asked but the file itself, and its manifest where there is one.
#pragma once

#include "backup/manifest.h"
#include "base/result.h"
#include "redis/rdb_visitor.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::backup {

struct Check {
    std::string name;        // size | sha256 | rdb | checksum | keys | part | commands | complete
    std::optional<bool> ok;  // nullopt: it cannot be told
    std::string says;
};

struct Checked {
    std::vector<Check> checks;
    std::optional<redis::RdbFacts> facts;  // nullopt: it is broken
    uint64_t bytes = 0;
    std::string sha256;

    bool whole() const;  // no check failed
};

// Reads the file once, piece by piece; the visitor, where there is one, hears of each key. Errors: not_found, io: it
// cannot be read; interrupted.
Result<Checked> check_rdb(const std::string& path, const std::optional<Manifest>& manifest,
                          redis::RdbVisitor* visitor = nullptr);

// Each part's file against the manifest, an AOF's commands counted, and whether all is in it. Errors: interrupted.
Result<std::vector<Check>> check_parts(const std::string& folder, const Manifest& manifest);

}  // namespace redisctl::backup
