// Gathers what the API server knows of one instance and of us: the machines and workloads of its pods, what a switch
// will need to be permitted, and how long our credential lasts. Two rounds of requests, each all at once; nothing is
// changed.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/facts.h"
#include "failover/wish.h"
#include "kube/api_error.h"
#include "kube/client.h"
#include "kube/objects.h"

#include <vector>

namespace redisctl::failover {

// Fills facts.kubernetes; after survey_redis. `pods`: all that were listed (fleet::Inventory::pods), because those that
// are being deleted belong to no instance. A credential that would end too soon is renewed first, where it can be: not
// in the middle of the switch. Errors: interrupted; what could not be read says why in the facts.
Result<void> survey_kubernetes(kube::Client& client, const std::vector<kube::Pod>& pods, const Wish& wish, Facts& facts,
                               Deadline deadline);

// What a switch will ask of the API server: the Lease always, Services and labels where they move. Pure.
std::vector<kube::Access> access_needed(const Facts& facts, const Wish& wish);

// The longest that a switch may take with everything going wrong once.
inline constexpr int64_t shortest_credential_seconds = 300;

}  // namespace redisctl::failover
