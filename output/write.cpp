#include "output/write.h"

#include "base/interrupt.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

namespace redisctl::output {

Result<void> write_all(int fd, std::string_view text) {
    int signals = interrupt::count();
    auto failed = [&](int error) -> tl::unexpected<Error> {
        std::string name = fd == STDOUT_FILENO   ? "stdout"
                           : fd == STDERR_FILENO ? "stderr"
                                                 : fmt::format("descriptor {}", fd);
        if (error == EINTR)
            return fail(ErrorCode::interrupted, fmt::format("{} was not read when a signal came", name));
        Error io{ErrorCode::io, fmt::format("{} could not be written", name), std::strerror(error), {}, {}};
        return fail(error == EPIPE ? std::move(io).with_reason(std::string(kClosedPipe)) : std::move(io));
    };
    while (!text.empty()) {
        ssize_t written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<size_t>(written));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            pollfd wait{fd, POLLOUT, 0};
            if (::poll(&wait, 1, -1) >= 0) continue;
        }
        if (errno != EINTR || interrupt::count() != signals) return failed(errno);
    }
    return {};
}

bool has_room(int fd) {
    pollfd wait{fd, POLLOUT, 0};
    return ::poll(&wait, 1, 0) > 0;
}

}  // namespace redisctl::output
