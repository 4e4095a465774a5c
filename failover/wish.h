// What the user asked a switch to be.
#pragma once

#include "base/time.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

enum class Mode { planned, emergency };

struct Wish {
    std::string promote;                 // a node's name; empty: the best candidate
    std::vector<std::string> avoid;      // nodes' names, or "k8s-node/NAME"
    std::string from;                    // guard for CI: the master must be this node; empty: any
    std::string engine;                  // of a planned switch, as plan.h names them; empty: the planner picks
    std::vector<std::string> overrides;  // names of checks
    bool accept_data_loss = false;       // an emergency is allowed
    bool delete_old_pod = false;         // an emergency: the dead master's pod is deleted before the promotion
    bool planned_only = false;           // switchover: refuse when the master is dead
    bool hold = false;                   // where a Sentinel makes it: writes wait for it, and are not refused
    bool probe = true;                   // write a probe key before and after
    bool through_services = false;       // and through the moved Services: their addresses can be reached from here
    bool move_services = true;
    bool only_shown = false;  // a dry run: nobody waits for what Sentinels are at
    bool waited = false;      // it was waited for already
    Millis timeout{3'000};    // of the hand-over itself: FAILOVER … TIMEOUT, or the wait for equal offsets
    Millis settle{1'200};     // after the endpoints moved, for kube-proxy on other nodes
};

}  // namespace redisctl::failover
