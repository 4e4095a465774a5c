// Who becomes the master: every replica with its points and why, and the choice. Pure.
#pragma once

#include "base/result.h"
#include "failover/facts.h"
#include "failover/plan.h"
#include "failover/wish.h"

#include <string>
#include <vector>

namespace redisctl::failover {

// Of all nodes but the master, best first, equal ones in natural order; those that cannot be it behind.
//  planned    a lower replica-priority counts most, as with Sentinel; then how little is missing, the version, and
//             where in Kubernetes it runs
//  emergency  what has been applied of the master's history, then what has been read: points are the bytes behind the
//             best one, so 0 for it and negative for the others; equal ones as a Sentinel would choose
std::vector<Score> candidates(const Facts& facts, const Wish& wish, Mode mode);

struct Choice {
    std::vector<Score> scores;
    // The node's name. With --promote that one, or none. The master itself when it is promoted: there is nothing to do.
    // Errors: not_found for a name in --promote or --avoid that no node has; refused, with every node's reason.
    Result<std::string> node;
};
Choice choose(const Facts& facts, const Wish& wish, Mode mode);

// The history that a replica must have to be promoted: the master's own; a dead one's is what those that followed it
// agree on. Empty, with the reason, when they do not.
struct History {
    std::string replid, why_not;
};
History history_of(const Facts& facts);

}  // namespace redisctl::failover
