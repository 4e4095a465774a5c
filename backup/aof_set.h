// The files of an AOF from which a server can start: a set of `backup aof`, the folder of a server of 7.0 and later
// (appenddirname, with its list of files), or the one file of an older server (redis src/aof.c, "AOF manifest").
#pragma once

#include "backup/find.h"
#include "backup/manifest.h"
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::backup {

struct AofSet {
    std::string path;                  // of its folder, or of the one file
    std::string list;                  // the lines of its manifest that count; empty: it is one file
    std::vector<std::string> files;    // by their names in the folder, as they are loaded; empty: it is one file
    uint64_t bytes = 0;                // of all of them
    std::optional<Manifest> manifest;  // nullopt: it is none of ours
    // Of its base, where that is an RDB and was read: redis-ver, valkey-ver …
    std::map<std::string, std::string> notes;

    std::string above() const;  // the folder that it is in
};

// What was named, by its path, or by what find_backups() knows of it. Errors: not_found: there is none, or its files
// are not; refused: it is a backup without an AOF, or one file of a set; io.
Result<AofSet> aof_set(const Named& named);

// Is it whole? Of ours as `backup verify` has it; of others the base only, as nothing vouches for the rest. Errors:
// refused (NOT_WHOLE), with the check that failed; io; interrupted.
Result<void> verify(AofSet& set);

// A copy of it in a folder of its own below this one, or as one file in it, as a server with the default names finds
// it. Errors: io; interrupted.
Result<void> copy_for_server(const AofSet& set, const std::string& folder);

// As servers call them by default.
inline constexpr const char *aof_folder = "appendonlydir", *aof_file = "appendonly.aof",
                            *aof_list = "appendonly.aof.manifest";

}  // namespace redisctl::backup
