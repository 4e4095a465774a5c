// The one loop: everything that waits, waits here (libcurl's connects and transfers, our own sockets, timers, Ctrl-C).
// One thread. Code above sees no callbacks: it starts things, then runs the loop until they are done.
#pragma once

#include "base/result.h"
#include "base/time.h"

#include <functional>
#include <memory>
#include <vector>

namespace redisctl::net {

class Curl;

// What a task waits for: a socket, or nothing but its deadline or a wake-up.
struct Interest {
    int fd = -1;
    bool read = false, write = false;
};

// Something under way. The loop calls advance() when its socket is ready, its deadline passed, or somebody woke it;
// advance() does all that can be done without blocking and must not destroy the task.
class Task {
  public:
    virtual ~Task() = default;
    virtual void advance() = 0;
    virtual Interest interest() const = 0;
    virtual Deadline deadline() const { return Deadline::never(); }
};

class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // A task that was added is advanced once soon after. It must be removed before it dies.
    void add(Task& task);
    void remove(Task& task);
    void wake(Task& task);

    // Runs until done() is true. Errors: `timeout` when the deadline passed first, `interrupted` on SIGINT or SIGTERM.
    Result<void> run(const std::function<bool()>& done, Deadline deadline);

    // Lets time pass; what is under way goes on. Errors: interrupted.
    Result<void> pause(Deadline until);

    // libcurl, made at first use: looking at plain hosts pays for it too, `version --client` does not.
    Curl& curl();

  private:
    void advance_woken();
    void wait(Deadline deadline);

    std::unique_ptr<Curl> curl_;
    std::vector<Task*> tasks_;
    std::vector<Task*> woken_;
};

}  // namespace redisctl::net
