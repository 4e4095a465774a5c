// The lock of an instance: the Lease redisctl-<instance> in its namespace, or a host lock without Kubernetes.
#pragma once

#include "base/environment.h"
#include "failover/lock.h"
#include "failover/plan.h"
#include "failover/world.h"
#include "kube/client.h"

#include <memory>
#include <string>

namespace redisctl::failover {

// Takes it and leaves the plan on it, so that a colleague can resume from another machine. Errors: refused, naming the
// holder; forbidden with the rule to add.
Result<std::unique_ptr<Lock>> lock_instance(World& world, const Environment& environment, kube::Client* client,
                                            const Plan& plan, const std::string& operation, const Takeover& takeover);

// What is noted on a lock for a colleague who has to go on with the plan.
std::string essence_of(const Plan& plan, const std::string& operation);

}  // namespace redisctl::failover
