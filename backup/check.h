// Is a file of an RDB what it should be? Nothing is asked but the file itself, and its manifest where there is one.
#pragma once

#include "backup/manifest.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::backup {

struct Check {
    std::string name;        // size | sha256 | rdb | checksum | keys
    std::optional<bool> ok;  // nullopt: it cannot be told
    std::string says;
};

// Reads the file once, piece by piece. Errors: not_found, io: it cannot be read; interrupted.
Result<std::vector<Check>> check_rdb(const std::string& path, const std::optional<Manifest>& manifest);

}  // namespace redisctl::backup
