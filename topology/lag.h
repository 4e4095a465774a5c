// How far each replica is behind: bytes on the same history, seconds since its master last heard it. What is not known
// stays nullopt.
#pragma once

#include "topology/graph.h"
#include "topology/picture.h"

namespace redisctl::topology {

// Is what the replica has applied a part of the master's history, so that the difference of their offsets is what it
// lacks? Same replication id; or still the id that the master had before its promotion, up to the offset where the
// master's own history begins (second_repl_offset is the first byte that is not shared: redis src/replication.c
// masterTryPartialResynchronization).
bool same_history(const redis::NodeView& replica, const redis::NodeView& master);

// Have they ever been one history? Also true where one of them does not tell its own.
bool related_histories(const redis::NodeView& a, const redis::NodeView& b);

// Fills offset, lag_bytes and lag_seconds of picture.nodes. Bytes are behind the master at the end of a replica's
// chain; seconds come from the slaveN line of the node that it follows, found by its address, or as the only line and
// the only replica that are left over.
void measure_lag(Picture& picture, const fleet::Instance& instance, const Answers& answers, const AddressBook& book,
                 const Graph& graph);

}  // namespace redisctl::topology
