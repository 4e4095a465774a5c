// One line of the timeline of `watch`, wherever it comes from.
#pragma once

#include "base/time.h"
#include "topology/changes.h"

#include <string>

namespace redisctl {

struct WatchNews {
    std::string instance;  // namespace/name; empty: about all
    // A kind of topology/changes.h, or
    //   begin     the instance as it was first seen
    //   look      "ok", or why a look saw nothing
    //   events    of a source of events (a Sentinel, pods, endpointslices): "yes", or why nothing is heard from it
    //   sentinel  what a Sentinel published
    //   settled   a switch is over: all agree again who is the master
    std::string event;
    std::string subject;       // a node, Sentinel, Service or source
    std::string from, to;      // empty: nothing, or not known
    TimePoint at;              // when it was seen, or arrived
    std::string by = {};       // of a Sentinel's event: its name
    std::string channel = {};  // "+switch-master"
    std::string text = {};     // its own words
    bool about_master = false;
};

}  // namespace redisctl
