// A folder of backups: what is in it, and what may go. Only what has a manifest of ours is ever looked at or deleted.
#pragma once

#include "backup/manifest.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::backup {

struct Shelved {
    Manifest manifest;
    std::string manifest_path, path;  // path: of the RDB; of the manifest where there is none
    std::optional<uint64_t> bytes;    // that the RDB has now; nullopt: it is not there
    // missing: a file is not there; size: one has another size; incomplete: not all that it should hold was saved.
    std::string_view state = "ok";
};

struct Shelf {
    std::vector<Shelved> backups;         // the oldest first
    std::vector<Error> unreadable;        // *.json that say to be a manifest of a backup, and are none
    std::vector<std::string> unfinished;  // what killed runs, or ones under way, have left
};

// Errors: io, not_found when the folder is not there.
Result<Shelf> read_shelf(const std::string& folder);

// Of the same instance and with the same contents, those that are older than its newest `keep`, the oldest first. Never
// `of` itself: when it is there it is one that is kept, whatever the clocks say.
std::vector<Shelved> surplus(const Shelf& shelf, const Manifest& of, size_t keep);

// First the files, then their manifest. Errors: io.
Result<void> remove(const Shelved& backup);

}  // namespace redisctl::backup
