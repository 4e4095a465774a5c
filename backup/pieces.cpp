#include "backup/pieces.h"

#include "base/interrupt.h"
#include "base/text.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl::backup {

namespace {

constexpr size_t piece = 1u << 20;

Error unreadable(const std::string& path, int number) {
    return {number == ENOENT ? ErrorCode::not_found : ErrorCode::io,
            fmt::format("{} cannot be read", printable(path)),
            std::strerror(number),
            {},
            {}};
}

}  // namespace

Result<Pieces> Pieces::open(const std::string& path) {
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0) return fail(unreadable(path, errno));
    return Pieces(std::move(file), path, static_cast<uint64_t>(about.st_size));
}

Result<std::string_view> Pieces::next() {
    buffer_.resize(piece);
    while (true) {
        if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
        const ssize_t n = ::read(file_.get(), buffer_.data(), buffer_.size());
        if (n >= 0) return std::string_view(buffer_).substr(0, static_cast<size_t>(n));
        if (errno != EINTR) return fail(unreadable(path_, errno));
    }
}

}  // namespace redisctl::backup
