// Cells and headings that several tables share, so that a role or a lag looks the same everywhere.
#pragma once

#include "output/table.h"
#include "topology/picture.h"

#include <string>

namespace redisctl {

// "default/redis  sb-replica  master redis-0  healthy"
std::string heading(const topology::Picture& picture);

output::Cell role_cell(const topology::NodePicture& node);  // what the node says; "?" when it did not answer
output::Cell master_cell(
    const topology::NodePicture& node);  // whom a replica follows: a node, or the address when it is none of ours
output::Cell link_cell(const topology::NodePicture& node);  // up, down, sync
output::Cell lag_cell(const topology::NodePicture& node);   // bytes behind, with a unit
output::Cell acked_cell(
    const topology::NodePicture& node);  // "1s ago": since the master last heard the replica's acknowledgement

}  // namespace redisctl
