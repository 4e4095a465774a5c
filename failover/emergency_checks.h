// Is the master dead, and may another node take its place? Several witnesses are heard, because we may be the one that
// is cut off. Pure.
#pragma once

#include "base/result.h"
#include "failover/check.h"
#include "failover/facts.h"
#include "failover/wish.h"

#include <string>
#include <vector>

namespace redisctl::failover {

enum class SaysDead { yes, no, unknown };
std::string_view says_dead_name(SaysDead says);  // "yes", "no", "unknown"

struct Evidence {
    std::string witness;  // "redisctl", a node, "pod/redis-0", "k8s-node/n1", a Sentinel
    SaysDead says_dead = SaysDead::unknown;
    std::string sentence;
};

// What each witness says of facts.master: ourselves first, then replicas, Sentinels, Kubernetes.
std::vector<Evidence> hear_evidence(const Facts& facts);

// Refuses when any witness says that it lives, when nobody but us says that it does not, when it answers us and could
// be switched in peace, and what else stands in the way of promoting `target`. wish.overrides as in pre_checks.
Result<std::vector<Check>> emergency_checks(const Facts& facts, const Wish& wish, const std::string& target);

}  // namespace redisctl::failover
