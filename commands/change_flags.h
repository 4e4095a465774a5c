// The flags that every change has: what to show, and what stands for a yes.
#pragma once

#include "commands/command.h"

#include <string>
#include <vector>

namespace redisctl {

struct ChangeFlags {
    bool yes = false;
    std::string confirm;  // the instance's name
    bool dry_run = false;
    bool step = false;  // ask before every step
};

// The flags must outlive the options.
std::vector<Option> change_options(ChangeFlags& flags);

}  // namespace redisctl
