#include "base/finding.h"

namespace redisctl {

std::string_view severity_name(Severity severity) {
    switch (severity) {
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::critical:
            return "critical";
    }
    return "warning";
}

}  // namespace redisctl
