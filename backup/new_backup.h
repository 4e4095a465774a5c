// A backup of several files that is there as a whole or not at all: first they get their names, their manifest last.
#pragma once

#include "backup/manifest.h"
#include "backup/new_file.h"
#include "backup/new_folder.h"
#include "backup/seal.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::backup {

class NewBackup {
  public:
    // seal: what its parts are closed with; nullopt: they stay readable. Errors: conflict: the folder has one of this id.
    static Result<NewBackup> begin(std::string folder, Manifest manifest, std::optional<Seal> seal = std::nullopt);
    NewBackup(NewBackup&&) noexcept = default;

    // What is known of it; keep() writes it down.
    Manifest& manifest() { return manifest_; }
    const std::string& folder() const { return folder_; }
    std::string manifest_path() const;

    // A file that is written and synced: the RDB.
    void take(NewFile file) { files_.push_back(std::move(file)); }
    // A folder whose files are kept in it.
    void take(NewFolder folder) { own_folder_.emplace(std::move(folder)); }
    // One more part, its file called <stem>.<name><ending>. Errors: io.
    Result<void> add(std::string_view kind, std::string_view name, std::string_view ending, std::string_view text,
                     std::vector<std::string> not_told = {});
    void miss(std::string_view kind, std::string_view name, const Error& why);

    // All of it has its names. Errors: io; then none of it has.
    Result<void> keep();

  private:
    NewBackup(std::string folder, Manifest manifest, std::optional<Seal> seal)
        : folder_(std::move(folder)), manifest_(std::move(manifest)), seal_(std::move(seal)) {}

    std::string folder_;
    Manifest manifest_;
    std::optional<Seal> seal_;
    std::vector<NewFile> files_;
    std::optional<NewFolder> own_folder_;
};

}  // namespace redisctl::backup
