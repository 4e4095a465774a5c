// A restore from the consent to its proof: lock, safety backup, emptying, keys, comparison.
#pragma once

#include "commands/look.h"
#include "commands/restore_checks.h"
#include "commands/restore_journal.h"
#include "commands/restore_view.h"

#include <functional>
#include <optional>
#include <string>

namespace redisctl {

struct RestoreJob {
    std::string id;  // of the operation
    // Lines to paste: what goes on with it when it is stopped, and what sends all of the file once more.
    std::string goes_on_by, again;
    std::function<std::string(const std::string& path)> undone_by;  // the same, of the safety backup at this path
    const StoppedRestore* stopped = nullptr;                        // the one that this one goes on with
    std::optional<GoingOn> going_on;                                // nullopt: it begins at its first step
    const fleet::Instance* instance = nullptr;
    const topology::Picture* picture = nullptr;
    const fleet::Node* master = nullptr;
    const Look* seen = nullptr;
    const RestoreFile* file = nullptr;
    const RestoreTarget* target = nullptr;
    RestoreMode mode = RestoreMode::into_empty;
    bool safety_backup = true;
    std::string safety_dir;
    Millis patience{60'000};  // for replicas, at the end
};

// The consent was given. Prints Events, or a line a step. What goes wrong is in the result.
void run_restore(Context& context, const RestoreJob& job, const failover::Plan& plan, RestoreResult& result);

}  // namespace redisctl
