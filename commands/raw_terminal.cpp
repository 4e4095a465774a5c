#include "commands/raw_terminal.h"

#include "base/fd.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace redisctl {

namespace {

// What a handler needs stands here: tcsetattr is one of the functions that one may call.
std::atomic<int> raw_fd{-1};
termios as_it_was;

constexpr std::array ending{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
std::array<struct sigaction, ending.size()> before;

void restore_and_go_on(int signal) {
    const int saved = errno;
    // At once: a terminal that nobody reads would never have shown all there is.
    if (const int fd = raw_fd; fd >= 0) ::tcsetattr(fd, TCSANOW, &as_it_was);
    for (size_t i = 0; i < ending.size(); i++) {
        if (ending[i] != signal) continue;
        ::sigaction(signal, &before[i], nullptr);
        // Whoever handled it before does now; else it ends us as it would have.
        if (before[i].sa_handler != SIG_DFL && before[i].sa_handler != SIG_IGN)
            before[i].sa_handler(signal);
        else
            ::raise(signal);
    }
    errno = saved;
}

std::array<Fd, 2> resized;

void tell_of_size(int) {
    const int saved = errno;
    // A full pipe already says what the byte would say.
    [[maybe_unused]] const ssize_t written = ::write(resized[1].get(), "!", 1);
    errno = saved;
}

}  // namespace

std::optional<TerminalSize> terminal_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return std::nullopt;
    return TerminalSize{size.ws_col, size.ws_row};
}

Result<RawTerminal> RawTerminal::of(int fd) {
    const auto failed = [] {
        return fail(ErrorCode::io, "the terminal could not be made raw", std::strerror(errno), "");
    };
    if (::tcgetattr(fd, &as_it_was) != 0) return failed();
    struct sigaction action {};
    action.sa_handler = restore_and_go_on;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < ending.size(); i++) {
        ::sigaction(ending[i], nullptr, &before[i]);
        if (before[i].sa_handler != SIG_IGN) ::sigaction(ending[i], &action, nullptr);
    }
    raw_fd = fd;
    RawTerminal terminal;
    terminal.fd_ = fd;
    termios raw = as_it_was;
    ::cfmakeraw(&raw);
    if (::tcsetattr(fd, TCSANOW, &raw) != 0) return failed();
    return terminal;
}

RawTerminal::RawTerminal(RawTerminal&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RawTerminal::~RawTerminal() {
    if (fd_ < 0) return;
    ::tcsetattr(fd_, TCSANOW, &as_it_was);
    raw_fd = -1;
    for (size_t i = 0; i < ending.size(); i++) ::sigaction(ending[i], &before[i], nullptr);
}

ResizeSignal::ResizeSignal() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;  // the size stays what it was
    resized = {Fd(ends[0]), Fd(ends[1])};
    struct sigaction action {};
    action.sa_handler = tell_of_size;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGWINCH, &action, nullptr);
}

ResizeSignal::~ResizeSignal() {
    ::signal(SIGWINCH, SIG_DFL);
    resized = {};
}

int ResizeSignal::fd() const {
    return resized[0].get();
}

void ResizeSignal::drain() {
    std::array<char, 64> bytes;
    while (::read(resized[0].get(), bytes.data(), bytes.size()) > 0) continue;
}

}  // namespace redisctl
