#include "backup/shelf.h"

#include "backup/new_file.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

namespace redisctl::backup {

namespace {

namespace fs = std::filesystem;

constexpr uintmax_t largest_manifest = 1u << 20;

Result<std::string> read_text(const fs::path& path) {
    std::error_code error;
    if (fs::file_size(path, error) > largest_manifest && !error) return fail(ErrorCode::io, "it is too large");
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) return fail(ErrorCode::io, "it cannot be read", std::strerror(errno));
    return text;
}

std::optional<uint64_t> size_of(const fs::path& path) {
    std::error_code error;
    const uintmax_t size = fs::file_size(path, error);
    return error ? std::nullopt : std::optional<uint64_t>(size);
}

Shelved shelved(Manifest manifest, const fs::path& path) {
    Shelved backup{std::move(manifest), path, path, {}};
    if (!backup.manifest.missing.empty()) backup.state = "incomplete";
    bool missing = false, other_size = false;
    const auto compare = [&](const std::optional<uint64_t>& now, uint64_t then) {
        missing = missing || !now;
        other_size = other_size || (now && *now != then);
    };
    if (backup.manifest.has_rdb()) {
        backup.path = (path.parent_path() / backup.manifest.file).string();
        backup.bytes = size_of(backup.path);
        compare(backup.bytes, backup.manifest.bytes);
    }
    for (const Part& part : backup.manifest.parts) compare(size_of(path.parent_path() / part.file), part.bytes);
    if (other_size) backup.state = "size";
    if (missing) backup.state = "missing";
    return backup;
}

}  // namespace

Result<Shelf> read_shelf(const std::string& folder) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    if (error)
        return fail(error == std::errc::no_such_file_or_directory ? ErrorCode::not_found : ErrorCode::io,
                    fmt::format("the folder {} cannot be read", printable(folder)), error.message(),
                    "the folder of the backups: --dir FOLDER");
    Shelf shelf;
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        const fs::path& path = entries->path();
        const std::string name = path.filename();
        std::error_code no_file;
        const bool is_folder = entries->is_directory(no_file);
        if (!is_folder && !entries->is_regular_file(no_file)) continue;
        if (is_unfinished(name)) {
            shelf.unfinished.push_back(name);
            continue;
        }
        if (is_folder) continue;
        if (path.extension() != ".json" || name.ends_with(objects_ending)) continue;
        Result<std::string> text = read_text(path);
        if (text && text->find("BackupManifest") == std::string::npos) continue;
        Result<Manifest> manifest = text ? parse_manifest(*text) : fail(text.error());
        if (!manifest) {
            Error unreadable = manifest.error();
            unreadable.cause = unreadable.message + (unreadable.cause.empty() ? "" : ": " + unreadable.cause);
            unreadable.message = fmt::format("{} cannot be read", printable(path.string()));
            shelf.unreadable.push_back(std::move(unreadable));
            continue;
        }
        shelf.backups.push_back(shelved(std::move(*manifest), path));
    }
    std::sort(shelf.backups.begin(), shelf.backups.end(), [](const Shelved& a, const Shelved& b) {
        return std::tuple(a.manifest.time, a.manifest.id, a.path) < std::tuple(b.manifest.time, b.manifest.id, b.path);
    });
    std::sort(shelf.unfinished.begin(), shelf.unfinished.end());
    return shelf;
}

std::vector<Shelved> surplus(const Shelf& shelf, const Manifest& of, size_t keep) {
    std::vector<Shelved> same;
    for (const Shelved& backup : shelf.backups) {
        const Manifest& manifest = backup.manifest;
        if (manifest.id == of.id) {
            keep -= keep > 0;
            continue;
        }
        if (manifest.context == of.context && manifest.ns == of.ns && manifest.instance == of.instance &&
            manifest.contents() == of.contents())
            same.push_back(backup);
    }
    same.resize(same.size() > keep ? same.size() - keep : 0);
    return same;
}

Result<void> remove(const Shelved& backup) {
    const fs::path folder = fs::path(backup.manifest_path).parent_path();
    std::vector<std::string> paths;
    if (backup.manifest.has_rdb()) paths.push_back(backup.path);
    for (const Part& part : backup.manifest.parts) paths.push_back(folder / part.file);
    if (backup.manifest.aof) paths.push_back(folder / aof_folder_name(backup.manifest));
    paths.push_back(backup.manifest_path);
    for (const std::string& path : paths)
        if (::remove(path.c_str()) != 0 && errno != ENOENT)  // of files, and of a folder that is empty by then
            return fail(ErrorCode::io, fmt::format("{} could not be deleted", printable(path)), std::strerror(errno));
    return {};
}

}  // namespace redisctl::backup
