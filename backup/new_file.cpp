#include "backup/new_file.h"

#include "base/text.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::backup {

namespace {

constexpr std::string_view suffix = ".part";

}  // namespace

Error not_made(const std::string& path, int number) {
    return {ErrorCode::io,
            fmt::format("{} could not be made", printable(path)),
            std::strerror(number),
            "another folder: --dir FOLDER",
            {}};
}

Result<void> make_folder(const std::string& folder) {
    std::error_code error;
    if (std::filesystem::exists(folder, error)) return {};
    // Those above it are the user's own business, and his umask's.
    if (const auto above = std::filesystem::path(folder).parent_path(); !above.empty())
        std::filesystem::create_directories(above, error);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fail(not_made(folder, errno));
    return {};
}

std::string unfinished_name(std::string_view name) {
    return fmt::format(".{}{}", name, suffix);
}

bool is_unfinished(std::string_view name) {
    return name.starts_with('.') && name.ends_with(suffix);
}

NewFile::NewFile(Fd file, std::string folder, const std::string& name)
    : file_(std::move(file)),
      folder_(std::move(folder)),
      path_(folder_ + "/" + name),
      unfinished_(folder_ + "/" + unfinished_name(name)) {}

Result<NewFile> NewFile::create(const std::string& folder, const std::string& name) {
    TRY(make_folder(folder));
    const std::string unfinished = folder + "/" + unfinished_name(name);
    Fd file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return fail(not_made(unfinished, errno));
    return NewFile(std::move(file), folder, name);
}

NewFile::~NewFile() {
    if (file_) ::unlink(unfinished_.c_str());
}

Error NewFile::failed(int number) const {
    Error error{ErrorCode::io,
                fmt::format("{} could not be written", printable(path_)),
                fmt::format("{} after {}; what was written is removed again, and nothing is left behind",
                            std::strerror(number), human_bytes(written_)),
                {},
                number == ENOSPC || number == EDQUOT || number == EFBIG ? "NO_SPACE" : ""};
    if (!error.reason.empty()) error.hint = "make room, or name another folder: --dir FOLDER";
    return error;
}

Result<void> NewFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(failed(errno));
        written_ += static_cast<size_t>(n);
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
}

Result<void> NewFile::cut(uint64_t bytes) {
    const auto end = static_cast<off_t>(bytes);
    if (::ftruncate(file_.get(), end) != 0 || ::lseek(file_.get(), end, SEEK_SET) < 0) return fail(failed(errno));
    written_ = bytes;
    return {};
}

Result<void> NewFile::sync() {
    return ::fsync(file_.get()) == 0 ? Result<void>{} : fail(failed(errno));
}

Result<void> NewFile::keep() {
    if (::rename(unfinished_.c_str(), path_.c_str()) != 0) return fail(failed(errno));
    file_.reset();
    // Where a folder cannot be synced the file is there all the same.
    if (const Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); folder)
        (void)::fsync(folder.get());
    return {};
}

}  // namespace redisctl::backup
