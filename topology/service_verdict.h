// Whether a Service does what it is for, as far as the joined picture can tell.
#pragma once

#include "base/finding.h"
#include "topology/picture.h"

#include <optional>
#include <string>
#include <string_view>

namespace redisctl::topology {

struct ServiceFault {
    Severity severity;
    std::string code, message;
};

// What is wrong with this Service itself; the findings are made from it. nullopt: nothing is, or it is not judged.
std::optional<ServiceFault> fault_of(const ServicePicture& service, const Picture& picture);

struct ServiceVerdict {
    // ok        no finding is about it, and a master that it leads to is the one that nodes and Sentinels name
    // warning, critical
    // unknown   a pod behind it is silent or no node of the instance
    // empty     not judged: clients do not go by it to the master or to the replicas (headless, other, Redis Cluster)
    std::string_view word;
    std::string code;  // of the finding that says so; empty for the other words
};

// After the picture's findings are known: a Service that leads to one of two masters is no better than they are.
ServiceVerdict verdict_of(const ServicePicture& service, const Picture& picture);

}  // namespace redisctl::topology
