// May this file be restored there? Statements about both as they are now, each with what was found and what it must be.
// Pure.
#pragma once

#include "commands/restore_file.h"
#include "commands/restore_target.h"
#include "failover/check.h"
#include "topology/picture.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

// What becomes of the keys that are there.
enum class RestoreMode {
    into_empty,   // there must be none
    merge,        // those that the file has are replaced, the others stay
    replace_all,  // what the file does not have is removed
};

// A restore that was stopped goes on behind so many of the file's keys, and empties nothing any more.
struct GoingOn {
    uint64_t behind = 0;
};

// overrides: names of checks. Errors: usage, for a name that no check has, or that cannot be overridden.
Result<std::vector<failover::Check>> restore_checks(const RestoreFile& file, const RestoreTarget& target,
                                                    const topology::Picture& picture, RestoreMode mode,
                                                    const std::optional<GoingOn>& going_on,
                                                    const std::vector<std::string>& overrides);

}  // namespace redisctl
