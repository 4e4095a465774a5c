// Who says who the master is. Nobody's word counts more than another's; the master is what all of them say.
#pragma once

#include "topology/graph.h"
#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl::topology {

// The witnesses, by source and then in the order of the picture:
//  role      each node that answered: a master names itself, a replica the end of its chain (as far as it is known)
//  sentinel  each Sentinel: the address of the one master of its that belongs to this instance
//  label     each pod that a role label calls master (isMaster=true, redisfailovers-role, redis-role, role)
//  service   each Service of type master: every ready endpoint
// Fills sentinels[].master and master_node before.
std::vector<Witness> hear_witnesses(Picture& picture, const fleet::Instance& instance, const AddressBook& book,
                                    const Graph& graph);

// What all say, when they do and it is more than a memory: that node says so itself, or did not answer us but a replica
// has its link up to it. Empty else.
std::string agreed_master(const Picture& picture, const Graph& graph);

}  // namespace redisctl::topology
