#include "commands/upgrade_change.h"

#include <memory>

namespace redisctl {

namespace {

void bind(Spec& spec) {
    auto flags = std::make_shared<UpgradeFlags>();
    spec.options = upgrade_options(*flags);
    spec.examples = {"redisctl upgrade rollback --instance redis --dry-run",
                     "redisctl upgrade rollback --instance redis --yes"};
    spec.run = [flags](Context& context) { return change_image(context, *flags, UpgradeWay::back); };
}

}  // namespace

extern const Command upgrade_rollback_command{
    "upgrade rollback",
    Group::change,
    "Give the servers the image of before the upgrade, unless it cannot load what the newer one wrote",
    Uses::target,
    {},
    bind,
    "OperationResult"};

}  // namespace redisctl
