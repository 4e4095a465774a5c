// What a pod has been through, and what it is given: read of a single pod, because lists leave these parts out.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::kube {

struct ContainerCondition {
    std::string name;
    std::optional<int64_t> memory_limit;  // bytes; nullopt: none is set
    int64_t restarts = 0;
    // How its last process ended; empty and nullopt when none has.
    std::string ended_by;  // OOMKilled | Error | Completed …
    std::optional<int64_t> exit_code;
    std::string ended_at;                       // RFC 3339
    std::map<std::string, std::string> mounts;  // path → volume
};

struct PodCondition {
    std::string name;
    std::vector<ContainerCondition> containers;
    std::map<std::string, std::string> volumes;  // name → kind: persistentVolumeClaim | emptyDir | hostPath …
};

// Errors: `protocol`, as parse_pod.
Result<PodCondition> parse_pod_condition(std::string_view json);

// A quantity of the API: "256Mi", "1G", "1.5Gi", "128974848", "1e9", "500m" (rounded up). nullopt when it is none.
// Source: k8s.io/apimachinery/pkg/api/resource/quantity.go.
std::optional<int64_t> parse_quantity(std::string_view text);

}  // namespace redisctl::kube
