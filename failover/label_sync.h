// Role labels brought to what the nodes themselves say: what has to be clear for it, and the plan. Pure. No role is
// changed; a Service that selects by such a label leads to the master again.
#pragma once

#include "base/result.h"
#include "failover/check.h"
#include "failover/plan.h"
#include "fleet/node.h"
#include "kube/access_review.h"
#include "topology/picture.h"
#include "topology/role_labels.h"

#include <string>
#include <vector>

namespace redisctl::failover {

// What is read and patched for it.
std::vector<kube::Access> label_access(const fleet::Instance& instance, const std::vector<topology::WrongLabel>& wrong);

// Errors: usage, when `overrides` names what cannot be overridden.
Result<std::vector<Check>> label_checks(const topology::Picture& picture, const std::vector<kube::Review>& reviews,
                                        const std::vector<std::string>& overrides);

// One step a label; pods that are wrongly called master lose it first: nobody is better than two. Empty when all are
// right.
Plan plan_label_sync(const fleet::Instance& instance, const topology::Picture& picture,
                     std::vector<topology::WrongLabel> wrong);

}  // namespace redisctl::failover
