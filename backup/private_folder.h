// A folder for the user alone (0700), under a name that nobody else has, gone with all that is in it when its owner is.
// Only a process that is killed leaves it behind.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::backup {

class PrivateFolder {
  public:
    // NAME-XXXXXX in the folder above, by mkdtemp(3). Errors: io.
    static Result<PrivateFolder> create(const std::string& above, std::string_view name);
    PrivateFolder(PrivateFolder&& other) noexcept;
    PrivateFolder& operator=(PrivateFolder&&) = delete;
    ~PrivateFolder();

    const std::string& path() const { return path_; }  // absolute

  private:
    explicit PrivateFolder(std::string path) : path_(std::move(path)) {}

    std::string path_;
};

// Bytes that may still be written there by this user. Errors: io.
Result<uint64_t> free_bytes(const std::string& folder);

}  // namespace redisctl::backup
