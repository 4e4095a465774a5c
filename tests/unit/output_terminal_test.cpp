#include "base/fd.h"
#include "output/terminal.h"

#include <doctest/doctest.h>
#include <sys/ioctl.h>

#include <map>

#include <fcntl.h>
#include <stdlib.h>

using namespace redisctl;
using namespace redisctl::output;

namespace {

Environment environment(std::map<std::string, std::string> variables) {
    return [variables](const char* name) {
        auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

// The terminal side of a new pseudo terminal; `columns` wide.
struct Pty {
    explicit Pty(unsigned short columns) : outer(::posix_openpt(O_RDWR | O_NOCTTY)) {
        REQUIRE(outer);
        REQUIRE(::grantpt(outer.get()) == 0);
        REQUIRE(::unlockpt(outer.get()) == 0);
        inner = Fd(::open(::ptsname(outer.get()), O_RDWR | O_NOCTTY));
        winsize size{25, columns, 0, 0};
        REQUIRE(::ioctl(inner.get(), TIOCSWINSZ, &size) == 0);
    }
    Fd outer, inner;
};

}  // namespace

TEST_CASE("colour is for terminals, unless NO_COLOR or a dumb one says no, and the flag has the last word") {
    Pty pty(72);
    Fd file(::open("/dev/null", O_WRONLY));
    struct {
        int fd;
        ColorWhen when;
        std::map<std::string, std::string> variables;
        bool color;
    } cases[] = {{pty.inner.get(), ColorWhen::automatic, {{"TERM", "xterm"}}, true},
                 {pty.inner.get(), ColorWhen::automatic, {}, true},
                 {pty.inner.get(), ColorWhen::automatic, {{"NO_COLOR", "1"}}, false},
                 {pty.inner.get(), ColorWhen::automatic, {{"NO_COLOR", ""}}, true},
                 {pty.inner.get(), ColorWhen::automatic, {{"TERM", "dumb"}}, false},
                 {pty.inner.get(), ColorWhen::always, {{"NO_COLOR", "1"}, {"TERM", "dumb"}}, true},
                 {pty.inner.get(), ColorWhen::never, {}, false},
                 {file.get(), ColorWhen::automatic, {}, false},
                 {file.get(), ColorWhen::always, {}, true}};
    for (size_t i = 0; i < std::size(cases); ++i) {
        CAPTURE(i);
        CHECK(look_at(cases[i].fd, cases[i].when, environment(cases[i].variables)).color == cases[i].color);
    }
}

TEST_CASE("the width is the terminal's, and a file has none") {
    Pty pty(72);
    Terminal terminal = look_at(pty.inner.get(), ColorWhen::automatic, environment({}));
    CHECK(terminal.tty);
    CHECK(terminal.columns == 72);
    Terminal closed = look_at(-1, ColorWhen::automatic, environment({}));
    CHECK(!closed.tty);
    CHECK(closed.columns == 0);
}
