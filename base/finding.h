// Something about an instance that its owner should know: a stable code, how bad it is, one sentence, a hint that can
// be pasted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace redisctl {

enum class Severity { info, warning, critical };
std::string_view severity_name(Severity severity);  // "info", "warning", "critical"

struct Finding {
    std::string code;  // REPLICA_LINK_DOWN …; stable, listed in docs/findings.md
    Severity severity = Severity::warning;
    std::string instance;  // "default/redis"; the bare name without Kubernetes
    std::string node;      // empty when it is about the instance
    std::string message, hint;
};

// Else as they were.
void critical_first(std::vector<Finding>& findings);

}  // namespace redisctl
