#include "commands/input_text.h"

#include "base/fd.h"
#include "base/interrupt.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl {

namespace {

constexpr size_t max_bytes = 64u << 10;

Result<std::string> text_of(int fd, const std::string& name) {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t n = ::read(fd, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) {
            if (interrupt::count() > 0) return fail(ErrorCode::interrupted, "interrupted");
            continue;
        }
        if (n < 0) return fail(ErrorCode::usage, fmt::format("{} cannot be read", name), std::strerror(errno));
        if (n == 0) return text;
        text.append(buffer.data(), static_cast<size_t>(n));
        if (text.size() > max_bytes) return fail(ErrorCode::usage, fmt::format("{} is too large", name), "over 64 KiB");
    }
}

}  // namespace

Result<std::string> text_of_file(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail(ErrorCode::usage, fmt::format("{} cannot be opened", path), std::strerror(errno));
    return text_of(file.get(), path);
}

Result<std::string> text_of_stdin() {
    return text_of(STDIN_FILENO, "stdin");
}

std::string without_line_end(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

}  // namespace redisctl
