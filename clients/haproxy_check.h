// What is wrong with a haproxy.cfg for Redis: by the file alone, and compared with the nodes that were found. Pure.
// The codes: docs/findings.md. What each mistake costs was measured: docs/measurements.md.
#pragma once

#include "base/finding.h"
#include "clients/haproxy_backends.h"
#include "clients/upstream.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::clients {

struct HaproxyProblem {
    std::string code;
    Severity severity = Severity::warning;
    size_t line = 0;
    std::string backend, server;  // server: empty when it is about the backend
    std::string message, cause, hint;
};

// A backend that leads to Redis, and what its check lets through.
struct HaproxyJudged {
    enum class Lets { master, replicas, all, unknown };
    const HaproxyBackend* backend;
    Lets lets = Lets::all;
    std::vector<std::string> nodes;  // of each server: the node that it is; empty when it is none, or cannot be told
};

struct HaproxyVerdict {
    std::vector<HaproxyJudged> backends;   // they point into what was judged
    std::vector<HaproxyProblem> problems;  // by line
};

std::string_view lets_name(HaproxyJudged::Lets lets);  // "master", "replicas", "all", "unknown"

// upstream: nullopt when no server was asked; then nothing is said about nodes, passwords and TLS.
HaproxyVerdict check_haproxy(const std::vector<HaproxyBackend>& backends, const std::optional<Upstream>& upstream);

}  // namespace redisctl::clients
