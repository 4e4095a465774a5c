// What plans of several kinds are made of: a switch, a heal and a resync say the same thing with the same words.
#pragma once

#include "failover/plan.h"
#include "failover/planner.h"

#include <cstdint>
#include <string>
#include <vector>

namespace redisctl::failover {

Words config_set(std::string name, std::string value);
Words replicaof(const std::string& host, int64_t port);
// All connections but ours and the replicas'.
std::vector<Words> close_clients();

Send send_to(const std::string& node, std::vector<Words> commands);

// At the end of the plan; the reference is good until the next one is added.
Step& add_step(Plan& plan, std::string id, std::string why, std::string node, Action action);

// The Service selects as it is to select, or as before when undone. `target`: the node to which it leads then.
Step& add_route(Plan& plan, const MovedService& service, const std::string& target);

// The Service says of which pod the master is instead of its home; nothing when `says` is empty: it is at home.
void add_drift(Plan& plan, const std::string& service, const std::string& says);
std::string drift_text(const std::string& pod, const std::string& home, const std::string& operation);

// Until the Service leads to this pod alone, and then for a while, for the proxies of other machines.
void add_endpoints(Plan& plan, const std::string& service, const std::string& pod, int64_t settle_ms);

}  // namespace redisctl::failover
