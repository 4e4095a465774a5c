#include "kube/child_process.h"

#include "base/fd.h"
#include "base/text.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>

extern char** environ;

namespace redisctl::kube {

namespace {

constexpr Millis kGrace{500};

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (std::string& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
}

bool readable(int fd) {
    pollfd wait{fd, POLLIN, 0};
    return ::poll(&wait, 1, 0) > 0;
}

std::vector<std::string> environment(const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> out;
    for (char** one = environ; *one; ++one) out.emplace_back(*one);
    for (const auto& [name, value] : added) {
        std::erase_if(out, [&, &key = name](const std::string& one) { return one.starts_with(key + "="); });
        out.push_back(name + "=" + value);
    }
    return out;
}

// posix_spawn's attributes and file actions, freed on every path.
class SpawnPlan {
  public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    int spawn(const Child& child, int out, pid_t& pid) {
        if (!child.inherit_stdin) posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        // Signals that we ignore or block would stay so in the child.
        sigset_t defaults, none;
        sigemptyset(&none);
        sigemptyset(&defaults);
        for (int number : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&defaults, number);
        posix_spawnattr_setsigdefault(&attributes_, &defaults);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

        std::vector<std::string> words{child.command};
        words.insert(words.end(), child.args.begin(), child.args.end());
        std::vector<std::string> env = environment(child.env);
        return posix_spawnp(&pid, child.command.c_str(), &actions_, &attributes_, pointers(words).data(),
                            pointers(env).data());
    }

  private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

// The child from its start to its end: ended when this is left before.
class Running {
  public:
    explicit Running(pid_t pid) : pid_(pid) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (ended()) return;
        ::kill(pid_, SIGTERM);
        for (Deadline grace = Deadline::after(kGrace); !grace.passed();) {
            if (ended()) return;
            ::poll(nullptr, 0, 10);
        }
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
        }
    }

    bool ended() {
        if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) != 0;
        return ended_;
    }
    int exit_code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_); }

  private:
    pid_t pid_;
    int status_ = 0;
    bool ended_ = false;
};

}  // namespace

Result<ChildResult> run_child(const Child& child, size_t max_bytes, Deadline deadline, int interrupt_fd) {
    const std::string name = printable(child.command);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail(ErrorCode::io, fmt::format("{} cannot be started", name), std::strerror(errno));
    Fd read_end(ends[0]), write_end(ends[1]);
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);

    pid_t pid = -1;
    if (int number = SpawnPlan().spawn(child, write_end.get(), pid); number != 0) {
        Error error{ErrorCode::io, fmt::format("{} cannot be started", name), std::strerror(number), {}, {}};
        return fail(number == ENOENT ? std::move(error).with_reason("MISSING") : std::move(error));
    }
    write_end.reset();
    Running running(pid);

    std::string text;
    std::array<char, 16 * 1024> buffer;
    for (bool open = true;;) {
        // A grandchild may keep the pipe open for ever: the child's own end counts, and what is in the pipe by then.
        const bool ended = running.ended();
        while (open) {
            ssize_t count = ::read(read_end.get(), buffer.data(), buffer.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) break;
            if (count <= 0) open = false;
            if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
            if (text.size() > max_bytes)
                return fail(ErrorCode::protocol, fmt::format("{} says more than {}", name, human_bytes(max_bytes)));
        }
        // Before the child's end: Ctrl-C reaches it too, and it may be gone already.
        if (readable(interrupt_fd)) return fail(ErrorCode::interrupted, fmt::format("{} was interrupted", name));
        if (ended) return ChildResult{running.exit_code(), Secret(std::move(text))};
        if (deadline.passed()) return fail(ErrorCode::timeout, fmt::format("{} did not end in time", name));

        // No descriptor tells of the child's end everywhere, so it is looked at now and then; its closing of stdout
        // usually comes first.
        std::array<pollfd, 2> waits{{{open ? read_end.get() : -1, POLLIN, 0}, {interrupt_fd, POLLIN, 0}}};
        Millis pause = std::min(deadline.left(), Millis(open ? 100 : 1));
        ::poll(waits.data(), waits.size(), static_cast<int>(pause.count()));
    }
}

}  // namespace redisctl::kube
