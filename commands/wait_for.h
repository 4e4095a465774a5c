// What `wait` waits for: conditions as they are typed, and what of them a look still lacks. Pure.
#pragma once

#include "base/result.h"
#include "topology/picture.h"

#include <cstdint>
#include <string>

namespace redisctl {

struct WaitCondition {
    enum class Kind { healthy, master, replicas, lag } kind;
    std::string text;   // as typed
    std::string node;   // master: a node's name
    int64_t limit = 0;  // replicas: at least so many with their link up; lag: bytes
};

// "healthy", "master=NODE", "replicas=N", "lag<=SIZE" (64KiB, 1MiB). Errors: usage.
Result<WaitCondition> parse_wait_condition(const std::string& text);

// Empty when it holds; else one clause of what is missing ("1 of 2 replicas are linked"). What is unknown does not
// hold: a lag of a node that is silent is none, and a system without replicas has none to measure.
std::string missing(const WaitCondition& condition, const topology::Picture& picture);

}  // namespace redisctl
