// The switch of the master, as failover, switchover, promote-replica and return-home make it: look, survey, decide,
// plan, and hand the plan to its operation.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/change_flags.h"
#include "commands/command.h"
#include "commands/context.h"
#include "failover/lock.h"

#include <string>
#include <vector>

namespace redisctl {

struct SwitchFlags {
    ChangeFlags change;
    std::string promote, from, engine, handover_timeout, settle;
    std::vector<std::string> avoid, overrides;
    bool accept_data_loss = false, delete_old_pod = false, no_probe = false, keep_services = false, hold = false;
};

// The flags of a switch but --promote, which is a positional of some.
std::vector<Option> switch_options(SwitchFlags& flags);

// Those of a command that may promote when the master is dead.
std::vector<Option> emergency_options(SwitchFlags& flags);

// A larger change that a switch is a step of.
struct LargerChange {
    std::string operation;           // by which its connections are called
    failover::Lock* lock = nullptr;  // of the instance; it stays locked
};

enum class Emergency { allowed, refused };
// Where the switch goes; decided when the instance has been seen.
enum class Destination { as_flags_say, home };
Result<ExitCode> switch_master(Context& context, const SwitchFlags& flags, const std::string& command,
                               Emergency emergency, Destination destination = Destination::as_flags_say,
                               const LargerChange& within = {});

}  // namespace redisctl
