// `upgrade run` and `upgrade rollback`: the same roll, to the image that is named, or to the one of before.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/change_flags.h"
#include "commands/command.h"
#include "commands/context.h"

#include <string>
#include <vector>

namespace redisctl {

struct UpgradeFlags {
    ChangeFlags change;
    std::string image, container, wait, max_bytes;
    std::vector<std::string> overrides;
};

// All but --image.
std::vector<Option> upgrade_options(UpgradeFlags& flags);

enum class UpgradeWay { forward, back };
Result<ExitCode> change_image(Context& context, const UpgradeFlags& flags, UpgradeWay way);

}  // namespace redisctl
