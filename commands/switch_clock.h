// How long a switch takes, from its first sign until all agree again who is the master. Pure.
#pragma once

#include "base/time.h"
#include "commands/watch_news.h"
#include "topology/picture.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl {

// What `settled` tells, in this order; each in milliseconds since the first sign, null where it did not come to it.
// noMaster alone is a duration: how long no look saw a master that answered.
inline constexpr std::string_view switch_phases[] = {"noMaster", "sdown",        "odown",       "tryFailover",
                                                     "elected",  "switchMaster", "failoverEnd", "role",
                                                     "label",    "endpoints",    "agreed"};

// Of one instance.
class SwitchClock {
  public:
    // Since the first sign of the switch under way, of which this may be the first; nullopt when there is none.
    std::optional<Millis> take(const WatchNews& news);

    struct Settled {
        std::string from, to;  // the masters; from: empty where none was agreed before
        std::map<std::string, Millis> phases;
    };
    // After a look that began then. Over when all witnesses agree on a master and no Sentinel sees anything down or
    // under way.
    std::optional<Settled> settle(const topology::Picture& picture, TimePoint look_began, TimePoint now);

  private:
    Millis since(TimePoint at) const { return std::chrono::duration_cast<Millis>(at - *began_); }

    std::string master_;  // the last one that all agreed on
    std::optional<TimePoint> began_, none_since_;
    TimePoint last_told_{};  // by a Sentinel
    std::map<std::string, Millis> phases_;
};

}  // namespace redisctl
