#include "cli/run.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace redisctl::cli {

namespace {

// A socket that got number 1 would receive what is meant for people. The wrong direction on purpose: writing there
// still fails.
void open_standard_descriptors() {
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

int run_process(std::span<const char* const> argv) {
    open_standard_descriptors();
    // A reader that went away and a file that may not grow (ulimit -f) are errors of write(), not the end of us.
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
    raise_descriptor_limit();
    return run(argv, variable);
}

}  // namespace redisctl::cli
