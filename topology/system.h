// Which of the known systems an instance is, and by what one can tell. The fingerprints: docs/systems.md.
#pragma once

#include "fleet/node.h"
#include "topology/graph.h"
#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl::topology {

struct System {
    std::string name;                   // design.md's word: "sb-replica" …
    std::vector<std::string> evidence;  // sentences
};

// Needs picture.nodes and picture.services. "spotahome-bootstrap" is told by the RedisFailover only, so it is never
// found here.
System recognise(const fleet::Instance& instance, const Picture& picture, const Graph& graph);

// Somebody else decides there who follows whom: a Sentinel, an operator, or nobody, because no node was ever meant to
// follow another. What changes roles there fights with them.
bool decided_elsewhere(const std::string& system);

// What leads from several masters back to one: a command to paste, or where none can know which data matter, what to
// do.
std::string way_to_one_master(const std::string& system);

// The masters that answered, each process once.
std::vector<size_t> masters_of(const Picture& picture, const Graph& graph);

}  // namespace redisctl::topology
