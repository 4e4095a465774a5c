// From which node a backup is taken: the freshest replica, because saving costs the server a fork and memory, which the
// master shall not pay.
#pragma once

#include "base/result.h"
#include "commands/node_names.h"
#include "fleet/node.h"
#include "topology/picture.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl {

enum class BackupFrom { best, replica, master };
BackupFrom backup_from(std::string_view role);  // as --from names it; best for anything else

struct BackupSource {
    const fleet::Node* node = nullptr;
    const topology::NodePicture* picture = nullptr;  // with a view
    std::string why;  // "the freshest of 2 replicas, 0 bytes behind", "there is no replica"
};

// Of the wanted nodes. The master is taken when it is asked for, and when no replica is good enough. Errors: refused,
// when it is not clear whose data counts (several masters, Redis Cluster) and no node is named; unreachable, when none
// is good enough, with what is wrong with each.
Result<BackupSource> choose_source(const fleet::Instance& instance, const topology::Picture& picture,
                                   const NodeNames& wanted, bool named, BackupFrom from);

}  // namespace redisctl
