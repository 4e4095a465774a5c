// Asks the nodes of instances what they see; the answers as topology/join takes them.
#pragma once

#include "commands/context.h"
#include "fleet/node.h"
#include "topology/join.h"

#include <vector>

namespace redisctl {

using Views = topology::Answers;

// Asks the nodes and Sentinels that have no view yet (those behind the last one), all at once. views[i] belongs to
// instances[i].
void ask_views(Context& context, std::vector<fleet::Instance>& instances, std::vector<Views>& views);

}  // namespace redisctl
