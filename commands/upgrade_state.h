// What is compared before servers are upgraded and afterwards: asked of the nodes, and read from the file of before.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "commands/upgrade_gates.h"

#include <map>
#include <string>
#include <vector>

namespace redisctl {

// Of all instances, in one more round to those who answered the look.
std::vector<UpgradeState> upgrade_states(Context& context, const Look& seen);
UpgradeState upgrade_state(Context& context, const fleet::Instance& instance, const topology::Picture& picture);

// The states of a file that `upgrade check --json` printed, by "namespace/instance". Errors: usage.
Result<std::map<std::string, UpgradeState>> read_upgrade_states(const std::string& path);

}  // namespace redisctl
