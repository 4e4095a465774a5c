#include "base/interrupt.h"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

using namespace redisctl;

namespace {

// Runs `act` in a child of its own, since signals are of the whole process; gives its wait status.
template <class Act>
int in_child(Act act) {
    pid_t child = ::fork();
    if (child == 0) ::_exit(act());
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("a signal is counted, remembered and wakes a poll") {
    int status = in_child([] {
        interrupt::install();
        pollfd wait{interrupt::fd(), POLLIN, 0};
        if (interrupt::count() != 0 || ::poll(&wait, 1, 0) != 0) return 1;
        ::raise(SIGTERM);
        ::raise(SIGINT);
        if (interrupt::count() != 2 || interrupt::signal_number() != SIGTERM) return 2;
        return ::poll(&wait, 1, 0) == 1 ? 0 : 3;
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("the third signal ends the process whatever it is doing") {
    int status = in_child([] {
        interrupt::install();
        for (int i = 0; i < 3; ++i) ::raise(SIGINT);
        return 0;
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
}
