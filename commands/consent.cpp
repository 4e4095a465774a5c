#include "commands/consent.h"

#include "base/fd.h"
#include "base/interrupt.h"
#include "base/text.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace redisctl {

Result<void> changes_allowed(const Environment& environment) {
    const std::string value = environment(kReadOnlyVariable.data()).value_or("");
    if (value.empty() || value == "0") return {};
    if (value == kReadOnlyFlag)
        return fail(Error{ErrorCode::refused, "nothing is changed from here", "--read-only is given",
                          "--dry-run shows the plan; leave out --read-only to change something", "READ_ONLY"});
    return fail(Error{ErrorCode::refused, "nothing is changed from here", "REDISCTL_READ_ONLY is set",
                      "--dry-run shows the plan; unset REDISCTL_READ_ONLY to change something", "READ_ONLY"});
}

namespace {

Result<Fd> open_terminal(const std::string& flag) {
    Fd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
    if (terminal) return terminal;
    return fail(Error{ErrorCode::refused, "nobody can be asked: there is no terminal", "a change needs a yes", flag,
                      "NOT_CONFIRMED"});
}

}  // namespace

Result<std::string> ask_line(const std::string& question, const std::string& flag) {
    TRY_ASSIGN(const Fd terminal, open_terminal(flag));
    (void)!::write(terminal.get(), question.data(), question.size());
    std::string line;
    for (;;) {
        std::array<pollfd, 2> ready{{{terminal.get(), POLLIN, 0}, {interrupt::fd(), POLLIN, 0}}};
        const int n = ::poll(ready.data(), ready.size(), -1);
        if (interrupt::count() > 0) {
            (void)!::write(terminal.get(), "\n", 1);
            return fail(ErrorCode::interrupted, "interrupted");
        }
        if (n < 0 && errno == EINTR) continue;
        std::array<char, 256> buffer;
        const ssize_t got = ::read(terminal.get(), buffer.data(), buffer.size());
        if (got <= 0) return line;
        line.append(buffer.data(), static_cast<size_t>(got));
        if (line.find('\n') != std::string::npos || line.size() > 4096) return std::string(trim(line));
    }
}

Result<bool> ask_yes_no(const std::string& question, const std::string& flag) {
    TRY_ASSIGN(const std::string answer, ask_line(question + " [y/N] ", flag));
    const std::string word = lower(answer);
    return word == "y" || word == "yes";
}

Result<void> ask_for_name(const std::string& name, const std::string& given, const std::string& warning) {
    const std::string flag = "--confirm " + name;
    std::string typed = given;
    if (typed.empty()) {
        TRY_ASSIGN(typed,
                   ask_line(fmt::format("{}Type the instance's name, {}, to go on: ", warning, printable(name)), flag));
    }
    if (typed == name) return {};
    return fail(Error{ErrorCode::refused,
                      fmt::format("'{}' is not the instance's name, so nothing was changed", printable(typed)),
                      fmt::format("it is {}", name), flag, "NOT_CONFIRMED"});
}

Result<void> can_be_confirmed(const std::string& name, const std::string& given) {
    if (!given.empty()) return ask_for_name(name, given, {});
    TRY(open_terminal("--confirm " + name));
    return {};
}

}  // namespace redisctl
