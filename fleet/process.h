// Which Redis and Sentinel processes a pod runs, as its spec shows it: names, ports, images and commands are hints; the
// replies of the processes decide later. Facts about the charts and operators: docs/systems.md.
#pragma once

#include "fleet/node.h"
#include "kube/objects.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace redisctl::fleet {

struct Process {
    NodeKind kind = NodeKind::redis;
    const kube::Container* container = nullptr;  // of the pod
    bool asleep = false;                         // diagnostic mode: the container only sleeps
};

// Redis first, then Sentinel; empty when the pod runs neither (exporters, proxies, clients, a redis-cli in a Redis
// image).
std::vector<Process> processes(const kube::Pod& pod);

// Does the pod count at all? No: terminating, finished, a Helm test, one that redisctl made for a moment
// (kube/temporary_pod.h), or a failed one that its controller has replaced.
bool counts(const kube::Pod& pod);

// The words of command and args; a script is split at blanks, quotes and shell punctuation. They point into the
// container.
std::vector<std::string_view> words(const kube::Container& container);

// The word after the last `option`; empty when there is none.
std::string_view option(const std::vector<std::string_view>& words, std::string_view option);

// The literal value of an environment variable; empty when absent or not literal.
std::string_view env_value(const kube::Container& container, std::string_view name);

// Where the process listens: arguments, then environment, then container ports, then 6379 or 26379. With `tls` the TLS
// port.
uint16_t listening_port(const Process& process, bool tls);

}  // namespace redisctl::fleet
