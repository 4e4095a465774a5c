// Nodes in the order of who follows whom, with the branches drawn.
#pragma once

#include "topology/picture.h"

#include <string>
#include <vector>

namespace redisctl {

struct TreeLine {
    std::string prefix;  // "", "├─ ", "│  └─ "
    const topology::NodePicture* node;
};

// Every node once: those that follow none of ours first, each with its followers below it; members of a loop stand at
// the root, after the rest.
std::vector<TreeLine> replication_tree(const topology::Picture& picture);

}  // namespace redisctl
