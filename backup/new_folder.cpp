#include "backup/new_folder.h"

#include "backup/new_file.h"
#include "base/fd.h"
#include "base/text.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::backup {

NewFolder::NewFolder(const std::string& above, const std::string& name)
    : above_(above), path_(above + "/" + name), unfinished_(above + "/" + unfinished_name(name)) {}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : above_(std::move(other.above_)),
      path_(std::move(other.path_)),
      unfinished_(std::exchange(other.unfinished_, {})),
      kept_(other.kept_) {}

Result<NewFolder> NewFolder::create(const std::string& above, const std::string& name) {
    TRY(make_folder(above));
    NewFolder folder(above, name);
    if (::mkdir(folder.unfinished_.c_str(), 0700) != 0) {
        const int number = errno;
        const std::string there = std::exchange(folder.unfinished_, {});
        return fail(not_made(there, number));
    }
    return folder;
}

NewFolder::~NewFolder() {
    if (!kept_) remove();
}

Result<void> NewFolder::keep() {
    if (::rename(unfinished_.c_str(), path_.c_str()) != 0) return fail(not_made(path_, errno));
    kept_ = true;
    // Where a folder cannot be synced it is there all the same.
    if (const Fd folder(::open(above_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); folder)
        (void)::fsync(folder.get());
    return {};
}

void NewFolder::remove() {
    std::error_code gone;
    if (!unfinished_.empty()) std::filesystem::remove_all(kept_ ? path_ : unfinished_, gone);
}

}  // namespace redisctl::backup
