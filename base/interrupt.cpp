#include "base/interrupt.h"

#include <atomic>
#include <cerrno>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace redisctl::interrupt {

namespace {

std::atomic<int> arrived{0};
std::atomic<int> first{0};
int patience = 1;
std::atomic<int> read_end{-1}, write_end{-1};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not lock");

void handle(int signal) {
    int saved = errno;
    int none = 0;
    first.compare_exchange_strong(none, signal);
    if (arrived.fetch_add(1) >= 2) _exit(128 + signal);
    // A full pipe already says what the byte would say.
    [[maybe_unused]] ssize_t written = ::write(write_end, "!", 1);
    errno = saved;
}

}  // namespace

void install() {
    if (read_end >= 0) return;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return;  // without it the default handlers stay, and Ctrl-C still ends us
    write_end = ends[1];
    read_end = ends[0];
    struct sigaction action {};
    action.sa_handler = handle;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

int count() {
    return arrived;
}

bool wanted() {
    return arrived >= patience;
}

Patience::Patience(int signals) : before_(patience) {
    patience = signals;
}

Patience::~Patience() {
    patience = before_;
}

int fd() {
    // What was told once and is to be waited out must not end every wait from now on; the next signal ends one by EINTR.
    return arrived > 0 && !wanted() ? -1 : read_end.load();
}

int signal_number() {
    return first;
}

}  // namespace redisctl::interrupt
