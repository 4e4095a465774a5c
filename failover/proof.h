// Was anything lost? Read from the servers after a switch, machine-checkable. Let O be the old master, T the new one, R
// the history that both had: O and T had R (P1); O took no writes when its last offset N was read (P2), which was final
// (P3); T had applied exactly N when it was promoted (P4); T's history continues R (P5); O follows T without a full
// resync (P6); a key written before is there (P7). Every acknowledged write was in O's stream up to N, and T has that
// stream up to N: nothing was lost. Not covered: writable replicas, redis.set_repl in scripts, module writes that are
// not replicated.
// Where it is read: second_repl_offset is the first byte that is not shared with replid2. T sets it when promoted
// (redis src/replication.c shiftReplicationId), O when it continues under T's new id
// (slaveTryPartialResynchronization), so that both offsets are frozen in INFO.
#pragma once

#include "failover/actions.h"
#include "failover/plan.h"
#include "failover/world.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace redisctl::failover {

// none: it was not seen to follow; unknown: it follows, and nobody tells how it came to.
enum class Resync { none, partial, full, unknown };

struct Proof {
    std::optional<bool> same_history, fenced_at_reading, final_offset_frozen, applied_all, history_continues,
        old_rejoined, probe_kept;                         // P1 … P7; nullopt: could not be read
    std::optional<int64_t> final_offset, applied_offset;  // N, and what T had
    std::map<std::string, Resync> resyncs;                // by replica, the old master included

    // All of P1–P5 hold: nothing was lost. nullopt when one of them is unknown.
    std::optional<bool> nothing_lost() const;
    // Of the old master's history; 0 when nothing was lost; nullopt when it cannot be known.
    std::optional<int64_t> lost_bytes() const;
};

// Reads O, T and the other replicas once more.
Proof prove(World& world, const Plan& plan, const Readings& readings);

// How the replicas of `plan.to` that the plan waits for came to follow it, by what it counted since the baseline.
std::map<std::string, Resync> resyncs_since(World& world, const Plan& plan);

nlohmann::ordered_json to_json(const Proof& proof);
std::string_view resync_name(Resync resync);

}  // namespace redisctl::failover
