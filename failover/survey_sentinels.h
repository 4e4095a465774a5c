// Asks each Sentinel of the instance what it would do: whom it calls master, the replicas it could promote, and whether
// enough others would agree.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/facts.h"
#include "fleet/fleet.h"

namespace redisctl::failover {

// Fills facts.sentinels, in the order of instance.sentinels; facts.picture tells under which name they watch it.
// Errors: interrupted; a dead Sentinel is a fact.
Result<void> survey_sentinels(fleet::Fleet& fleet, Facts& facts, Deadline deadline);

}  // namespace redisctl::failover
