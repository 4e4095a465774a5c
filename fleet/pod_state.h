// Why a process in a pod cannot be asked at all, from the pod's phase and its containers' states.
#pragma once

#include "base/error.h"
#include "fleet/process.h"
#include "kube/objects.h"

#include <optional>

namespace redisctl::fleet {

// Code unreachable; reason DIAGNOSTIC_MODE when the container only sleeps, else NOT_RUNNING. nullopt: it can be asked.
std::optional<Error> why_not_running(const kube::Pod& pod, const Process& process);

}  // namespace redisctl::fleet
