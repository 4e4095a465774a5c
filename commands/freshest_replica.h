// Which replica is taken for work that the master shall not pay for.
#pragma once

#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl {

// Why this node's data cannot be relied upon now, a master's too; empty: it can.
std::string why_unfit(const topology::NodePicture& node);

// The freshest of these, nullptr when there are none. All have a view.
const topology::NodePicture* freshest(const std::vector<const topology::NodePicture*>& replicas);

}  // namespace redisctl
