// What the Spotahome operator's own objects add to the picture that its pods give. Pure.
#pragma once

#include "base/result.h"
#include "fleet/node.h"
#include "kube/spotahome.h"
#include "topology/picture.h"

namespace redisctl::topology {

// `spec`: of the RedisFailover that the pods name; Errors: why it could not be read (not_found: there is none, or no
// such kind of object). Makes the system spotahome-bootstrap where it says so, and adds what is wrong: the counts, and
// when the operator stands still (redis-operator v1.2.4 operator/redisfailover/checker.go CheckAndHeal).
void add_failover_spec(Picture& picture, const fleet::Instance& instance, const Result<kube::FailoverSpec>& spec);

// `deployments`: of the operator itself. None found: it may run elsewhere, so whether it runs is unknown.
void add_operator(Picture& picture, const Result<std::vector<kube::Deployment>>& deployments);

}  // namespace redisctl::topology
