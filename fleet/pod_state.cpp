#include "fleet/pod_state.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::fleet {

namespace {

Error not_running(const kube::Pod& pod, const std::string& what, std::string_view command) {
    return Error{ErrorCode::unreachable,
                 fmt::format("pod {}/{} {}", pod.meta.ns, pod.meta.name, what),
                 {},
                 fmt::format("kubectl {} -n {} {}", command, pod.meta.ns, pod.meta.name),
                 "NOT_RUNNING"};
}

const kube::ContainerStatus* status_of(const kube::Pod& pod, const std::string& container) {
    auto it = std::find_if(pod.statuses.begin(), pod.statuses.end(),
                           [&](const auto& status) { return status.name == container; });
    return it == pod.statuses.end() ? nullptr : &*it;
}

// The process's own container first: another one may wait for a reason of its own.
std::string waiting_reason(const kube::Pod& pod, const kube::ContainerStatus* own) {
    if (own != nullptr && !own->waiting_reason.empty()) return own->waiting_reason;
    for (const auto& status : pod.statuses)
        if (!status.waiting_reason.empty()) return status.waiting_reason;
    return {};
}

}  // namespace

std::optional<Error> why_not_running(const kube::Pod& pod, const Process& process) {
    const auto& container = *process.container;
    const auto* own = status_of(pod, container.name);
    if (pod.phase != "Running") {
        auto reason = waiting_reason(pod, own);
        auto phase = pod.phase.empty() ? std::string("in no known phase") : pod.phase;
        return not_running(pod, reason.empty() ? "is " + phase : fmt::format("is {}: {}", phase, reason),
                           "describe pod");
    }
    auto logs = fmt::format("logs -c {} --previous", container.name);
    if (own != nullptr && !own->running) {
        if (own->waiting_reason == "CrashLoopBackOff")
            return not_running(pod,
                               fmt::format("keeps crashing: container {} is in CrashLoopBackOff after {} restarts",
                                           container.name, own->restarts),
                               logs);
        if (!own->waiting_reason.empty())
            return not_running(pod, fmt::format("does not run container {}: {}", container.name, own->waiting_reason),
                               "describe pod");
        return not_running(pod, fmt::format("has ended its container {}", container.name), logs);
    }
    if (process.asleep) {
        auto error = not_running(
            pod, fmt::format("is in diagnostic mode: container {} only sleeps, nothing listens in it", container.name),
            "describe pod");
        error.reason = "DIAGNOSTIC_MODE";
        return error;
    }
    if (pod.ip.empty()) return not_running(pod, "has no IP yet", "describe pod");
    return std::nullopt;
}

}  // namespace redisctl::fleet
