// Behind a restore: does the master hold what was restored, and do its replicas hold the same?
#pragma once

#include "base/error.h"
#include "commands/context.h"
#include "commands/replay.h"
#include "commands/restore_checks.h"
#include "commands/restore_target.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct ReplicaCompared {
    bool caught_up = false;       // it has applied all that the master had written when the last key was restored
    std::optional<int64_t> keys;  // nullopt: it does not answer
    std::optional<bool> same;     // as the master, in every database, at one time
};

struct Compared {
    KeyCounts after;                          // of the master
    int64_t missing = 0;                      // keys less than there ought to be
    int64_t more = 0;                         // others wrote them meanwhile; not known of a merge
    std::optional<int64_t> expired, evicted;  // by the master since it was asked before
    std::map<std::string, ReplicaCompared> replicas;
    std::optional<Error> error;   // keys are missing, and it is not that they expired; or the master was changed
    std::vector<Error> warnings;  // about replicas
};

// Waits for replicas for so long. `before`: what the master said before the restore.
Compared compare_restored(Context& context, const fleet::Node& master, const std::vector<const fleet::Node*>& replicas,
                          const RestoreTarget& before, const Replayed& replayed, RestoreMode mode, Millis patience);

}  // namespace redisctl
