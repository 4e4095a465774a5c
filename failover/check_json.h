// Checks, points and evidence as documents show them.
#pragma once

#include "failover/check.h"
#include "failover/emergency_checks.h"
#include "failover/plan.h"

#include <nlohmann/json_fwd.hpp>

namespace redisctl::failover {

nlohmann::ordered_json to_json(const Check& check);
nlohmann::ordered_json to_json(const Score& score);
nlohmann::ordered_json to_json(const Evidence& evidence);

}  // namespace redisctl::failover
