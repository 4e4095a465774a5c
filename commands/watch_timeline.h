// The timeline of `watch`: each piece of news told once, as a line of NDJSON, or kept for the screen of a live view.
#pragma once

#include "base/result.h"
#include "commands/switch_clock.h"
#include "commands/watch_news.h"
#include "output/output.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace redisctl {

class WatchTimeline {
  public:
    // live: nothing is printed; lines() are for the screen.
    WatchTimeline(output::Output& output, bool live) : output_(output), live_(live) {}

    // In the order in which it happened. Errors: io.
    Result<void> tell(std::vector<WatchNews> news);
    // After a look that began then: is a switch over?
    Result<void> settle(const topology::Picture& picture, TimePoint look_began);

    // The last few.
    const std::deque<std::string>& lines() const { return lines_; }

  private:
    using Key = std::tuple<std::string, std::string, std::string>;  // instance, event, subject

    // What is told together has times of one measure.
    void read_clocks();
    Result<void> tell_one(const WatchNews& news, std::optional<Millis> since,
                          const SwitchClock::Settled* settled = nullptr);

    output::Output& output_;
    const bool live_;
    std::chrono::nanoseconds from_epoch_{};  // the wall's clock less the steady one
    std::map<Key, TimePoint> since_;
    std::map<std::string, SwitchClock> clocks_;  // by instance
    std::deque<std::string> lines_;
    int64_t seq_ = 0;
};

}  // namespace redisctl
