// What a heal gives up, and whose it is, as the plan says it before it is done. Inside failover/ only. Pure.
#pragma once

#include "failover/diagnosis.h"
#include "failover/facts.h"
#include "failover/plan.h"

#include <vector>

namespace redisctl::failover {

// Whoever calls itself master, side by side: its history, its keys, and what each other lacks of them. Empty when there
// are less than two. The points are the offset; they decide nothing.
std::vector<Score> histories(const Facts& facts, const Diagnosis& diagnosis);

// plan.unshared → its bound and its reason; where a part of it is unknown there is no bound, and it is an emergency.
void state_loss(Plan& plan);

}  // namespace redisctl::failover
