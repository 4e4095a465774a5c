// Steady time and deadlines. A Deadline is passed down, never a bare timeout, so that a sum of waits cannot exceed it.
#pragma once

#include <chrono>

namespace redisctl {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;
using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;

class Deadline {
  public:
    static Deadline never() { return Deadline(TimePoint::max()); }
    static Deadline after(Millis duration) { return Deadline(SteadyClock::now() + duration); }
    explicit Deadline(TimePoint at) : at_(at) {}

    TimePoint at() const { return at_; }
    bool is_never() const { return at_ == TimePoint::max(); }
    bool passed(TimePoint now = SteadyClock::now()) const { return now >= at_; }
    Deadline earlier(Deadline other) const { return at_ < other.at_ ? *this : other; }
    // What is left, rounded up to whole milliseconds; 0 when passed, 24 h when there is no deadline.
    Millis left(TimePoint now = SteadyClock::now()) const {
        if (is_never()) return std::chrono::hours(24);
        return passed(now) ? Millis(0) : std::chrono::ceil<Millis>(at_ - now);
    }

  private:
    TimePoint at_;
};

}  // namespace redisctl
