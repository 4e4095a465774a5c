// The master is dead and its Sentinels are at it, or will be soon: nothing is begun beside them.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/one_instance.h"
#include "failover/election.h"

#include <string>

namespace redisctl {

struct Waited {
    std::string master;  // whom they made it; empty: they did nothing in all that time
    Millis took{0};
};

// Looks again and again, for awaited.at_most, longer when a failover of theirs begins meanwhile; ends early when they
// have given up. Tells what is waited for, and for how long. one.facts is as of its last look, as far as that goes:
// roles, and the Sentinels' words. Errors: interrupted.
Result<Waited> await_sentinels(Context& context, OneInstance& one, const failover::Awaited& awaited);

}  // namespace redisctl
