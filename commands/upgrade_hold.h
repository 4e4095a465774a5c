// What StatefulSets are given for as long as their pods are replaced (the image, OnDelete, the note), and get back.
#pragma once

#include "base/result.h"
#include "commands/upgrade_target.h"
#include "kube/client.h"

#include <vector>

namespace redisctl {

// One after the other. Where a later one refuses, the earlier ones get back what they had, unless an upgrade of one of
// them had begun before. `held`: whether one of them is held now, or may be. Errors: those of guarded_patch, with what
// could not be given back as a cause.
Result<void> hold_sets(kube::Client& client, std::vector<UpgradedSet>& sets, bool& held);

// All get their strategies back, and lose the note. Also after the first Ctrl-C. Errors: those of guarded_patch.
Result<void> release_sets(kube::Client& client, std::vector<UpgradedSet>& sets);

}  // namespace redisctl
