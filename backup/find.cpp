#include "backup/find.h"

#include "backup/shelf.h"
#include "base/text.h"

#include <fmt/core.h>

#include <filesystem>

namespace redisctl::backup {

namespace {

std::string folder_of(const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path().string() : ".";
}

// A file with what stands beside it; a manifest stands for its file.
Result<Named> by_path(const std::string& path) {
    const std::filesystem::path file(path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path);
    Named named{path, {}};
    TRY_ASSIGN(const Shelf shelf, read_shelf(folder_of(file)));
    for (const Shelved& shelved : shelf.backups) {
        const std::string name = file.filename();
        if (name != shelved.manifest.file && name != std::filesystem::path(shelved.manifest_path).filename() &&
            !(shelved.manifest.aof && name == aof_folder_name(shelved.manifest)))
            continue;
        named.manifest = shelved.manifest;
        if (name != shelved.manifest.file) named.path = shelved.path;
    }
    return named;
}

}  // namespace

std::string Named::folder() const {
    if (manifest && manifest->has_rdb() && path.ends_with("/" + manifest->file))
        return path.substr(0, path.size() - manifest->file.size() - 1);
    return folder_of(path);
}

Result<std::vector<Named>> find_backups(const std::string& what, const std::string& folder) {
    std::error_code error;
    if (what.find('/') != std::string::npos || std::filesystem::exists(what, error)) {
        TRY_ASSIGN(Named named, by_path(what));
        return std::vector<Named>{std::move(named)};
    }
    TRY_ASSIGN(const Shelf shelf, read_shelf(folder));
    std::vector<Named> found;
    for (const Shelved& shelved : shelf.backups)
        if (shelved.manifest.id == what || shelved.manifest.file == what)
            found.push_back({shelved.path, shelved.manifest});
    if (found.empty())
        return fail(ErrorCode::not_found, fmt::format("there is no backup '{}' in {}", printable(what), folder), {},
                    fmt::format("redisctl backup list --dir {}", folder));
    return found;
}

}  // namespace redisctl::backup
