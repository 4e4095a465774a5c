// A child process whose stdout is read: no shell, stderr is ours.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

#include <string>
#include <utility>
#include <vector>

namespace redisctl::kube {

struct Child {
    std::string command;                                   // a path, or a name to look for in PATH
    std::vector<std::string> args;                         // without the command itself
    std::vector<std::pair<std::string, std::string>> env;  // added to ours, replacing what is there; the last wins
    bool inherit_stdin = false;                            // else /dev/null
};

struct ChildResult {
    int exit_code = 0;  // of a signal: 128 + its number
    Secret out;
};

// Waits for the child's end. Once it is no longer wanted it alone gets SIGTERM, and half a second later SIGKILL; it
// never outlives the call. Errors: io when it cannot be started (reason MISSING when there is no such program),
// protocol when it says more than max_bytes, timeout, interrupted when interrupt_fd (−1: none) became readable. The
// causes name no argument and show no output.
Result<ChildResult> run_child(const Child& child, size_t max_bytes, Deadline deadline, int interrupt_fd);

}  // namespace redisctl::kube
