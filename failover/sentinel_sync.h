// Sentinels brought to agree with the majority of those that watch the real master: what has to hold for it, and the
// plan. Pure. Settings are set; one that watches another address, or nothing, is told to watch the master.
#pragma once

#include "base/result.h"
#include "failover/check.h"
#include "failover/council_facts.h"
#include "failover/plan.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

struct SyncWish {
    std::vector<std::string> overrides;
    Millis patience{60'000};  // until one that watches anew has found everything
    // What the master says to COMMAND INFO of what Sentinel needs there: those that it does not know by their own
    // names. nullopt: it could not be asked.
    std::optional<std::vector<std::string>> renamed = {};
};

// The commands that a Sentinel sends to Redis: redis src/sentinel.c sentinelInstanceMapCommand.
const std::vector<std::string>& commands_of_sentinel();

// What the majority says of those that watch the real master. When none does, because all were restarted with the
// configuration of a time when another of the nodes was the master: of those that watch that one.
struct Agreement {
    std::string name, host;  // of the master in Sentinel
    int64_t port = 0;
    std::map<std::string, std::string> settings;  // as SENTINEL SET takes them
    std::vector<std::string> scripts;
    std::vector<std::string> undecided;  // settings without a majority
    size_t agreeing = 0;                 // Sentinels that watch the real master
};
Agreement agreement_of(const CouncilFacts& facts);

// Nothing differs.
bool in_step(const CouncilFacts& facts, const Agreement& agreement);

// Errors: usage, when the wish overrides what cannot be.
Result<std::vector<Check>> sync_checks(const CouncilFacts& facts, const Agreement& agreement, const SyncWish& wish);

Plan plan_sync(const CouncilFacts& facts, const Agreement& agreement, const SyncWish& wish);

}  // namespace redisctl::failover
