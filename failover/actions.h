// How each action of a plan is done. Errors with the reason UNCERTAIN: it may have been done, and who knows does not
// answer; then nothing may be undone behind its back.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/plan.h"
#include "failover/world.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace redisctl::failover {

inline constexpr std::string_view uncertain = "UNCERTAIN";

// What is measured on the way.
struct Readings {
    std::optional<TimePoint> window_opened;  // the fence or FAILOVER was sent
    std::optional<TimePoint> first_write;    // the new master acknowledged a write
    bool first_write_unseen = false;         // we were not connected when it could have: it was before that
    std::optional<int64_t> final_offset;     // the old master's, read after the fence, twice the same
    bool fenced_at_reading = false;
    std::vector<Unshared> saved;  // what losers of a split had of their own
};

// A connection that broke says how (CLOSED, TLS); unreachable and nothing else: there was none to send anything by.
bool may_have_arrived(const Error& error);

Result<void> perform(World& world, const Action& action, Readings& readings);

// FAILOVER TO + GETACK, supervised until it ends one way or the other. Errors: server (the server refused or gave up:
// the old master is master as before), UNCERTAIN.
Result<void> hand_over(World& world, const HandOver& over, Readings& readings);

// SENTINEL FAILOVER, watched until the replica is the master or the Sentinel has given up. Errors: server (it refused
// or gave up, and nobody was promoted), UNCERTAIN (another one was promoted, or it is not known).
Result<void> sentinel_failover(World& world, const SentinelFailover& failover, Readings& readings);

// Errors: timeout, with what the Sentinels say instead.
Result<void> sentinels_agree(World& world, const SentinelsAgree& agree);

// Errors: forbidden, server (one does not take it, and all must), conflict (one names a third node), timeout.
Result<void> tell_sentinels(World& world, TellSentinels tell);

// Errors: conflict (the replica was promoted all the same), UNCERTAIN.
Result<void> take_back(World& world, const TakeBack& back);

}  // namespace redisctl::failover
