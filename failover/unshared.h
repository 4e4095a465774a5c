// What one node wrote and another lacks: as their offsets say, or read from the servers.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/plan.h"
#include "failover/world.h"

#include <cstddef>
#include <string>

namespace redisctl::failover {

struct Divergence;

// What `node` has and `versus` lacks, of which no more is known than where the two part (node is the first of them). No
// bytes are no writes; else how many writes they are is unknown, and the reason says why.
Unshared unshared_by_offsets(const std::string& node, const std::string& versus, const Divergence& parted);

// Can there be a write in it? What is unknown counts as one.
bool may_hold_writes(const Unshared& unshared);

struct ReadLimits {
    size_t bytes = 64u << 20;
    Millis time{60'000};
};

// Compares the two as they are now and reads the commands where the backlog still has them; nothing is changed by it.
// Errors: a node does not answer; interrupted.
Result<Unshared> read_unshared(World& world, const std::string& node, const std::string& versus,
                               const ReadLimits& limits);

// The same, and the commands go to save.file (0600, on disk when it returns). Errors: also refused, when it cannot be
// written.
Result<Unshared> save_unshared(World& world, const SaveUnshared& save);

// "1 write", "12 writes", "more than 12 writes"; "77 bytes" where they could not be read; "an unknown number of
// writes".
std::string amount_of(const Unshared& unshared);

}  // namespace redisctl::failover
