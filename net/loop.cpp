#include "net/loop.h"

#include "base/interrupt.h"
#include "net/curl.h"

#include <algorithm>

namespace redisctl::net {

Loop::Loop() = default;
Loop::~Loop() = default;

void Loop::add(Task& task) {
    tasks_.push_back(&task);
    wake(task);
}

void Loop::remove(Task& task) {
    std::erase(tasks_, &task);
    std::erase(woken_, &task);
}

void Loop::wake(Task& task) {
    woken_.push_back(&task);
}

Curl& Loop::curl() {
    if (!curl_) curl_ = std::make_unique<Curl>();
    return *curl_;
}

void Loop::advance_woken() {
    // A task that is advanced may wake others, or remove ones that stand later in the list. One that always has
    // something to do does not keep the others, or Ctrl-C, waiting.
    for (size_t left = woken_.size(); left > 0 && !woken_.empty(); left--) {
        Task* task = woken_.front();
        std::erase(woken_, task);
        task->advance();
    }
}

void Loop::wait(Deadline deadline) {
    std::vector<Curl::Ready> sockets;
    std::vector<Task*> owners;
    for (Task* task : tasks_) {
        deadline = deadline.earlier(task->deadline());
        const Interest interest = task->interest();
        if (interest.fd < 0 || !(interest.read || interest.write)) continue;
        sockets.push_back({interest, false});
        owners.push_back(task);
    }
    curl().wait(sockets, interrupt::fd(), std::min(deadline.left(), Millis(60'000)));
    for (size_t i = 0; i < sockets.size(); i++)
        if (sockets[i].ready) wake(*owners[i]);
    const TimePoint now = SteadyClock::now();
    for (Task* task : tasks_)
        if (task->deadline().passed(now)) wake(*task);
}

Result<void> Loop::run(const std::function<bool()>& done, Deadline deadline) {
    for (;;) {
        curl().perform();
        advance_woken();
        if (done()) return {};
        if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
        if (deadline.passed()) return fail(ErrorCode::timeout, "the deadline passed");
        if (woken_.empty()) wait(deadline);
    }
}

Result<void> Loop::pause(Deadline until) {
    Result<void> waited = run([&] { return until.passed(); }, until);
    // Which of the two is seen first makes no difference.
    return waited || waited.error().code != ErrorCode::timeout ? waited : Result<void>{};
}

}  // namespace redisctl::net
