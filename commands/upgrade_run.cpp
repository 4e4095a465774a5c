#include "commands/upgrade_change.h"

#include <memory>

namespace redisctl {

namespace {

void bind(Spec& spec) {
    auto flags = std::make_shared<UpgradeFlags>();
    spec.options = upgrade_options(*flags);
    spec.options.insert(spec.options.begin(), {"--image", "IMAGE", "What the servers are to run", &flags->image});
    spec.examples = {"redisctl upgrade run --image docker.io/library/redis:7.2.5 --instance redis --dry-run",
                     "redisctl upgrade run --image docker.io/library/redis:7.2.5 --instance redis --wait 10m"};
    spec.run = [flags](Context& context) { return change_image(context, *flags, UpgradeWay::forward); };
}

}  // namespace

extern const Command upgrade_run_command{
    "upgrade run",
    Group::change,
    "Give a StatefulSet's servers another image, one by one, replicas first, the master behind a lossless switch",
    Uses::target,
    {},
    bind,
    "OperationResult"};

}  // namespace redisctl
