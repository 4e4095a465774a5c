// Two nodes that each wrote for themselves: where their histories part, and what each has that the other lacks. Pure.
// A history is a replication id; a node has its own up to its offset, and the one that it had before its promotion up
// to second_repl_offset - 1 (redis src/replication.c shiftReplicationId, masterTryPartialResynchronization).
#pragma once

#include "redis/node_view.h"

#include <cstdint>
#include <optional>
#include <string>

namespace redisctl::failover {

struct Divergence {
    // The history that both have, and its last byte that both have; an empty id: none is known, and `why` says why.
    std::string replid;
    int64_t shared = 0;
    std::string why;
    // Bytes behind it; nullopt: unknown. Offsets count also what is no write: PING, SELECT.
    std::optional<int64_t> only_first, only_second;
};

Divergence compare(const redis::NodeView& first, const redis::NodeView& second);

// The offset up to which the node has applied its own history.
std::optional<int64_t> offset_of(const redis::NodeView& view);

// How much of this history the node has; nullopt: nothing that is known.
std::optional<int64_t> extent(const redis::NodeView& view, const std::string& replid);

}  // namespace redisctl::failover
