// What must hold before the image of an instance's servers is changed. Pure, save that the facts were gathered.
#pragma once

#include "commands/upgrade_gates.h"
#include "commands/upgrade_record.h"
#include "commands/upgrade_target.h"
#include "failover/check.h"
#include "failover/facts.h"
#include "kube/access_review.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl {

// Names of these that --override takes; the others are the switch's.
const std::vector<std::string_view>& overridable_upgrade_checks();

struct UpgradeQuestion {
    const failover::Facts& facts;
    const std::vector<UpgradedSet>& sets;
    const std::vector<Gate>& gates;              // empty where an upgrade that is not over goes on
    const std::optional<UpgradeRecord>& record;  // of the upgrade before
    const std::vector<kube::Review>& reviews;
};

std::vector<failover::Check> upgrade_checks(const UpgradeQuestion& question);

}  // namespace redisctl
