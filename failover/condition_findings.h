// What is wrong with a system besides who follows whom: what would be lost with a restart, what refuses or loses
// writes, what a copy would cost. For `doctor`. Pure.
#pragma once

#include "base/finding.h"
#include "base/result.h"
#include "failover/facts.h"
#include "kube/failover_wishes.h"
#include "kube/network_policy.h"
#include "kube/pod_condition.h"
#include "kube/pod_start.h"
#include "topology/findings.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

// What only Kubernetes knows; empty without it.
struct Surroundings {
    std::map<std::string, Result<kube::PodCondition>> pods;  // by name
    std::map<std::string, kube::PodStart> starts = {};       // of those that could be read
    Result<std::vector<kube::NetworkPolicy>> policies;
    // What the Spotahome operator is to do; nullopt where none made these pods, or it could not be read: the picture
    // says so.
    std::optional<kube::FailoverWishes> wishes = {};
};

// Critical first. What could not be read is a finding too (CONDITION_UNKNOWN), never taken for good.
std::vector<Finding> find_about_condition(const Facts& facts, const Surroundings& surroundings);

// A part of it: what pods have been through and are given, and who may connect to whom.
void find_about_pods(topology::Findings& out, const Facts& facts, const Surroundings& surroundings);

// A part of it: names that servers call each other by, and whether they can be found.
void find_about_names(topology::Findings& out, const Facts& facts);

// A part of it: what the Spotahome operator is to set, and what is set.
void find_about_wishes(topology::Findings& out, const Facts& facts, const kube::FailoverWishes& wishes);

// Does it save or write an AOF? nullopt: it does not tell.
std::optional<bool> persists(const NodeFacts& node);

}  // namespace redisctl::failover
