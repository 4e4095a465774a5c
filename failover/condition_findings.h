// What is wrong with a system besides who follows whom: what would be lost with a restart, what refuses or loses
// writes, what a copy would cost. For `doctor`. Pure.
#pragma once

#include "base/finding.h"
#include "base/result.h"
#include "failover/facts.h"
#include "kube/network_policy.h"
#include "kube/pod_condition.h"
#include "topology/findings.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

// What only Kubernetes knows; empty without it.
struct Surroundings {
    std::map<std::string, Result<kube::PodCondition>> pods;  // by name
    Result<std::vector<kube::NetworkPolicy>> policies;
};

// Critical first. What could not be read is a finding too (CONDITION_UNKNOWN), never taken for good.
std::vector<Finding> find_about_condition(const Facts& facts, const Surroundings& surroundings);

// A part of it: what pods have been through and are given, and who may connect to whom.
void find_about_pods(topology::Findings& out, const Facts& facts, const Surroundings& surroundings);

// Does it save or write an AOF? nullopt: it does not tell.
std::optional<bool> persists(const NodeFacts& node);

}  // namespace redisctl::failover
