// What `status` and `watch` show of an instance.
#pragma once

#include "output/table.h"
#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl {

// One sentence that a tired person can act on.
std::string verdict(const topology::Picture& picture);

// The replication tree, the Sentinels and the Services, those that there are.
std::vector<output::Table> status_tables(const topology::Picture& picture);

}  // namespace redisctl
