#include "commands/upgrade_left.h"

#include "base/text.h"
#include "commands/upgrade_record.h"
#include "kube/rollout.h"
#include "topology/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>

namespace redisctl {

namespace {

constexpr Millis read_in{15'000};

// By name.
using Rollouts = std::map<std::string, Result<kube::Rollout>>;

Rollouts read_rollouts(Context& context, const fleet::Instance& instance) {
    const Deadline deadline = Deadline::after(read_in);
    std::map<std::string, kube::Reading<kube::Rollout>> readings;
    for (const kube::Pod* pod : instance.pods)
        for (const kube::OwnerReference& owner : pod->meta.owners)
            if (owner.controller && owner.kind == "StatefulSet" && !readings.contains(owner.name))
                readings.emplace(owner.name,
                                 kube::read_rollout(*context.client(), pod->meta.ns, owner.name, deadline));
    const Result<void> waited = context.loop().run(
        [&] { return std::all_of(readings.begin(), readings.end(), [](const auto& one) { return one.second.done(); }); },
        deadline);
    Rollouts rollouts;
    for (auto& [name, reading] : readings)
        rollouts.emplace(name, reading.done() ? reading.take() : fail(waited.error()));
    return rollouts;
}

void about_rollout(topology::Findings& out, const kube::Rollout& rollout) {
    const std::string& set = rollout.set.meta.name;
    const Result<PreviousSet> before = read_note(set, rollout.note);
    const kube::Container* container = before ? rollout.find(before->container) : nullptr;
    const std::string from = before ? printable(before->image) : std::string("an image that its note does not tell");
    const std::string to = container != nullptr ? printable(container->image) : std::string("another");
    const std::string go_on =
        container != nullptr ? out.command("upgrade run --image " + to) : out.command("upgrade check");
    out.add(Severity::warning, "UPGRADE_UNFINISHED", "",
            fmt::format("the upgrade of StatefulSet {} from {} to {} is under way or was left: until it is over Kubernetes "
                        "replaces no pod of it with a new revision by itself",
                        set, from, to),
            fmt::format("{}, or back: {}", go_on, out.command("upgrade rollback")));
}

}  // namespace

std::vector<Finding> find_unfinished_upgrades(Context& context, const fleet::Instance& instance,
                                              const topology::Picture& picture) {
    if (context.client() == nullptr) return {};
    topology::Findings out(instance, picture);
    for (const auto& [name, rollout] : read_rollouts(context, instance)) {
        if (rollout && !rollout->note.empty())
            about_rollout(out, *rollout);
        else if (!rollout && rollout.error().code != ErrorCode::not_found)
            out.add(Severity::info, "CONDITION_UNKNOWN", "",
                    fmt::format("StatefulSet {} could not be read ({}): whether an upgrade was left is unknown", name,
                                rollout.error().message),
                    rollout.error().hint);
    }
    return out.take();
}

}  // namespace redisctl
