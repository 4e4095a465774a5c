// Plain hosts: the masters and replicas that the hosts and Sentinels report belong to the instance too.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/views.h"
#include "fleet/node.h"

#include <vector>

namespace redisctl {

// Asks also what the one instance reports, until nothing new comes up. A server that is known by several addresses
// stays one node, with the others as its aliases: where it answers its run id tells, where an address leads nowhere
// from here the replication history does. Errors: not_found when the Sentinels watch several masters and none was
// named, or none of the name.
Result<void> ask_reported_nodes(Context& context, std::vector<fleet::Instance>& instances, std::vector<Views>& views);

// An address that a server reports is as that server sees it: its loopback is the host by which we reached it.
net::HostPort as_we_see(net::HostPort reported, const fleet::Node& reporter);

bool known_as(const fleet::Node& node, const net::HostPort& address);

}  // namespace redisctl
