#include "commands/guardian.h"

#include "failover/journal.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace redisctl {

namespace {

constexpr const char* mark = "REDISCTL_GUARDIAN";
constexpr int line = 3;  // in the guardian: behind stdin, stdout and stderr
constexpr int tries = 3;
constexpr unsigned seconds_between = 1;
constexpr useconds_t ended_after_us = 1'000'000;

Error cannot(std::string_view what) {
    return Error{ErrorCode::io,
                 fmt::format("the guardian of this change cannot be started: {}", what),
                 std::strerror(errno),
                 {},
                 {}};
}

// The terminal's signals and its output are not for it, and no connection, lock or file of ours lives on in it.
void leave_everything(int read_end) {
    ::setsid();
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
    ::dup2(read_end, line);
    ::close_range(line + 1, ~0U, 0);
}

// True when the other one has ended without a word.
bool died() {
    char done;
    ssize_t n;
    while ((n = ::read(line, &done, 1)) < 0 && errno == EINTR) {
    }
    return n == 0;
}

bool begun(const std::string& journal) {
    const auto recorded = failover::read_journal(journal);
    if (!recorded || recorded->ended) return false;
    const auto& steps = recorded->plan.steps;
    return std::any_of(steps.begin(), steps.end(), [&](const failover::Step& step) {
        return step.commits && recorded->intended.contains(step.id);
    });
}

void give_stdin(const Secret& password) {
    const int file = ::memfd_create("stdin", 0);
    const std::string_view text = password.reveal();
    if (file < 0 || ::write(file, text.data(), text.size()) < 0 || ::lseek(file, 0, SEEK_SET) != 0) return;
    ::dup2(file, STDIN_FILENO);
    ::close(file);
}

[[noreturn]] void run(std::vector<std::string>& words, const Secret& password) {
    if (!password.empty()) give_stdin(password);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_DFL);
    ::close(line);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
}

[[noreturn]] void guard(const std::string& journal, std::vector<std::string> words, const Secret& password) {
    if (!died()) ::_exit(0);
    ::setenv(mark, "1", 1);
    // A node that does not answer at this moment may at the next.
    for (int i = 0; i < tries && begun(journal); i++) {
        if (i > 0) ::sleep(seconds_between);
        const pid_t process = ::fork();
        if (process == 0) run(words, password);
        int status = 0;
        while (process > 0 && ::waitpid(process, &status, 0) < 0 && errno == EINTR) {
        }
    }
    ::_exit(0);
}

}  // namespace

bool Guardian::is_one(const Environment& environment) {
    return environment(mark).has_value();
}

Result<Guardian> Guardian::start(const Context& context, const std::string& operation) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail(cannot("pipe"));
    Fd read_end(ends[0]), write_end(ends[1]);
    std::vector<std::string> words{"redisctl", "resume", operation, "--yes"};
    const std::vector<std::string>& typed = context.globals().typed;
    words.insert(words.end(), typed.begin(), typed.end());
    const std::string journal = failover::journal_path(context.environment(), operation);
    const pid_t process = ::fork();
    if (process < 0) return fail(cannot("fork"));
    if (process == 0) {
        leave_everything(read_end.get());
        guard(journal, std::move(words), context.stdin_password());
    }
    return Guardian(std::move(write_end), process);
}

Guardian::Guardian(Guardian&& other) noexcept
    : line_(std::move(other.line_)), process_(std::exchange(other.process_, -1)), needed_(other.needed_) {}

Guardian::~Guardian() {
    if (process_ < 0 || needed_) return;
    // One that was killed meanwhile is missed by nobody, and least of all by a signal.
    struct sigaction ignore {
    }, before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before);
    [[maybe_unused]] const ssize_t written = ::write(line_.get(), "!", 1);
    ::sigaction(SIGPIPE, &before, nullptr);
    line_.reset();
    // It ends at once, unless somebody has stopped it; nobody waits for that.
    for (int i = 0; i < 100 && ::waitpid(process_, nullptr, WNOHANG) == 0; i++) ::usleep(ended_after_us / 100);
}

}  // namespace redisctl
