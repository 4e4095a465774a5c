// Facts and the chosen candidate → who plays what in the switch, and how the others call each node.
#pragma once

#include "failover/facts.h"
#include "failover/planner.h"

#include <cstddef>
#include <string>
#include <vector>

namespace redisctl::failover {

// `target` is a node of the facts; the old master may have no view (an emergency).
Cast cast_for(const Facts& facts, const std::string& target);

// A plan that leaves `to` the master that it is, or makes it one: instance, addresses, run ids and counters are there.
// An empty `to`: nobody is chosen yet.
Plan begin_plan(const Facts& facts, std::string command, const std::string& to);

// The address by which the others are to follow this node: that by which they follow it already, or would by the
// custom of the system, else its own.
net::HostPort address_to_follow(const Facts& facts, const std::string& node);

// One node, as the others know it: facts.master is the one that lists it.
Player player_for(const Facts& facts, size_t index);

// The label by which the pod of `old` is called master, as it is to be when `target` is the one; empty when there is
// none.
std::vector<MovedLabel> labels_to_move(const Facts& facts, size_t old, size_t target);

// Services that lead to the master by their selector: to what they must select for the new master's pod. Those that a
// controller owns are left alone; a sentence in `notes` says so.
std::vector<MovedService> services_to_move(const Facts& facts, const std::string& new_pod,
                                           std::vector<std::string>& notes);

}  // namespace redisctl::failover
