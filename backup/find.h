// A backup by what a user calls it: the path of its file or of its manifest, its file's name, or the id of its run.
#pragma once

#include "backup/manifest.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::backup {

struct Named {
    std::string path;                  // as of Shelved
    std::optional<Manifest> manifest;  // nullopt: none stands beside it

    std::string folder() const;  // of its manifest, where there is one
};

// Several where the instances of one run share its id, of which `folder` is searched. Errors: not_found; io.
Result<std::vector<Named>> find_backups(const std::string& what, const std::string& folder);

}  // namespace redisctl::backup
