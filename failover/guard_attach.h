// What the guard does to servers, on the word of its judgement: asks, and makes a node follow the master.
#pragma once

#include "base/result.h"
#include "failover/guard.h"
#include "fleet/fleet.h"
#include "fleet/node.h"

#include <map>
#include <string>
#include <vector>

namespace redisctl::failover {

// By node, what Guard::judge wants to know of its suspects. Errors: who does not answer has its own.
std::map<std::string, Result<OwnWrites>> ask_own_writes(fleet::Fleet& fleet, const fleet::Instance& instance,
                                                        const std::vector<std::string>& nodes);

// The node follows the guard's master. A second master's writes are held back while it is asked a last time and told so
// (from 6.2 on; before, nothing can hold them), for 2 s at most. Errors: conflict, and nothing was changed, when it has
// taken a write, another process answers in its place, or the master is none any more; what else the nodes or their
// connections say, and then it may follow all the same.
Result<void> attach(fleet::Fleet& fleet, const fleet::Instance& instance, const Guard& guard,
                    const Judgement::Attach& one);

}  // namespace redisctl::failover
