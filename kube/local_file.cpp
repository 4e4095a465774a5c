#include "kube/local_file.h"

#include "base/fd.h"
#include "base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>

namespace redisctl::kube {

Result<std::string> read_local_file(const std::string& path, size_t max_bytes) {
    auto failed = [&](int number) {
        Error error{ErrorCode::io, fmt::format("{} cannot be read", printable(path)), std::strerror(number), {}, {}};
        return fail(number == ENOENT ? std::move(error).with_reason("MISSING") : std::move(error));
    };
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return failed(errno);

    std::string text;
    for (;;) {
        size_t start = text.size();
        text.resize(start + 16 * 1024);
        ssize_t count = ::read(fd.get(), text.data() + start, text.size() - start);
        int number = errno;
        text.resize(start + static_cast<size_t>(count > 0 ? count : 0));
        if (count == 0) return text;
        if (count < 0 && number != EINTR) return failed(number);
        if (text.size() > max_bytes)
            return fail(ErrorCode::io, fmt::format("{} cannot be read", printable(path)),
                        fmt::format("it is larger than {}", human_bytes(max_bytes)));
    }
}

}  // namespace redisctl::kube
