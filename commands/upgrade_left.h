// What an upgrade that is not over has left on the StatefulSets of an instance. For `doctor`.
#pragma once

#include "base/finding.h"
#include "commands/context.h"
#include "fleet/inventory.h"
#include "topology/picture.h"

#include <vector>

namespace redisctl {

// UPGRADE_UNFINISHED, one for each such StatefulSet; CONDITION_UNKNOWN for one that could not be read. Asks the API for
// each StatefulSet that owns pods of the instance, all at once.
std::vector<Finding> find_unfinished_upgrades(Context& context, const fleet::Instance& instance,
                                              const topology::Picture& picture);

}  // namespace redisctl
