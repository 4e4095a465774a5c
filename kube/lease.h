// Leases (coordination.k8s.io/v1): who may change something, for how long.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"
#include "kube/objects.h"
#include "kube/reads.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::kube {

struct Lease {
    Meta meta;
    std::string holder;  // holderIdentity; empty: nobody's
    int64_t duration_seconds = 0;
    std::string acquired, renewed;  // MicroTime (rfc3339_micros_now), by the holder's clock
    int64_t transitions = 0;
};

// Errors: as parse_pod.
Result<Lease> parse_lease(std::string_view json);

Reading<Lease> read_lease(Client& client, const std::string& ns, const std::string& name, Deadline deadline);

// Both write meta's name, namespace, labels and annotations and the fields above, and give back what stands there now;
// what else a Lease can hold is not kept. Errors: `conflict` when one of this name exists already, or when it is not
// the one of meta.resource_version any more; reason UNKNOWN_OUTCOME (kube/request.h).
Result<Lease> create_lease(Client& client, const Lease& lease, Deadline deadline);
Result<Lease> update_lease(Client& client, const Lease& lease, Deadline deadline);

}  // namespace redisctl::kube
