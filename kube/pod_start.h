// What keeps a pod from coming up: no machine for it, or an init container that fails.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

struct InitContainer {
    std::string name;
    std::string waiting;               // why it does not run now: "CrashLoopBackOff"; empty: it runs, or did
    std::optional<int64_t> exit_code;  // of its last end; nullopt: none yet
};

struct PodStart {
    std::string unscheduled;  // the scheduler's words why no machine has it; empty: one has
    std::vector<InitContainer> init;
};

// Errors: `protocol`, as parse_pod.
Result<PodStart> parse_pod_start(std::string_view json);

}  // namespace redisctl::kube
