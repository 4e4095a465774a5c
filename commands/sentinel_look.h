// A look at the Sentinels: besides what every look asks, what each of them remembers, and what they make together.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "topology/council.h"

#include <memory>
#include <vector>

namespace redisctl {

struct SentinelLook {
    Look look;                                // only instances that have Sentinels
    std::vector<topology::Council> councils;  // one an instance
    // All that was found, to tell whose an address is.
    topology::Whose whose(size_t instance) const;
    struct Others;
    std::shared_ptr<const Others> others;

    // About the Sentinels; what else is wrong with an instance is for `status`.
    std::vector<Finding> findings(size_t instance) const;
};

// Errors: those of look(); not_found when no instance has a Sentinel. With plain hosts the Sentinels and replicas that
// the Sentinels of its master remember are asked too; those that answer belong to the instance.
Result<SentinelLook> look_at_sentinels(Context& context);

}  // namespace redisctl
