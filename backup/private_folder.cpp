#include "backup/private_folder.h"

#include "base/text.h"

#include <fmt/core.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace redisctl::backup {

Result<PrivateFolder> PrivateFolder::create(const std::string& above, std::string_view name) {
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(above, error);
    std::string path = fmt::format("{}/{}-XXXXXX", error ? above : absolute.string(), name);
    if (::mkdtemp(path.data()) == nullptr)
        return fail(ErrorCode::io, fmt::format("no folder can be made in {}", printable(above)), std::strerror(errno),
                    "name another one: --work-dir FOLDER");
    return PrivateFolder(std::move(path));
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

PrivateFolder::~PrivateFolder() {
    std::error_code gone;
    if (!path_.empty()) std::filesystem::remove_all(path_, gone);
}

Result<uint64_t> free_bytes(const std::string& folder) {
    struct statvfs about {};
    if (::statvfs(folder.c_str(), &about) != 0)
        return fail(ErrorCode::io, fmt::format("{} cannot be asked for its free space", printable(folder)),
                    std::strerror(errno));
    return static_cast<uint64_t>(about.f_bavail) * about.f_frsize;
}

}  // namespace redisctl::backup
