// The pods of an instance, replaced one by one by pods of another image: replicas first, each until it has caught up;
// the master last, behind a switch that loses nothing. Kubernetes replaces none by itself meanwhile.
#pragma once

#include "base/result.h"
#include "commands/change_flags.h"
#include "commands/context.h"
#include "commands/look.h"
#include "commands/operation_json.h"
#include "commands/upgrade_record.h"
#include "commands/upgrade_target.h"
#include "failover/plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct RollJob {
    std::string id, command;  // "upgrade run" | "upgrade rollback"
    std::vector<UpgradedSet> sets;
    ChangeFlags flags;
    std::vector<std::string> overrides;  // of the switch's checks
    Millis patience{300'000};            // for one pod
    int64_t max_lag = 0;
    // Of the state before, compared with at the end. `is_new`: it is saved first.
    std::optional<UpgradeRecord> record;
    bool is_new = false;
};

struct RollResult {
    OperationResult operation;
    std::vector<UpgradedSet> sets;  // as they were left
    std::optional<Look> seen;       // the last look that worked
    std::vector<Gate> gates;        // at the end; empty when it did not come to it
    std::string record;             // path
    bool held = false;              // the StatefulSets are left at OnDelete
};

// The consent was given. Takes the lock, prints Events or a line a step, and a switch prints its own result. What goes
// wrong is in the result: where it stopped, everything stays as it is, so that it can go on or back from there.
void run_roll(Context& context, const failover::Plan& head, RollJob job, RollResult& result);

}  // namespace redisctl
