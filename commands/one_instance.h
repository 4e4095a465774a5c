// What every change begins with: the one instance that it is about, looked at and surveyed.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "failover/facts.h"
#include "failover/wish.h"

#include <string>

namespace redisctl {

struct OneInstance {
    fleet::Found found;  // owns the pods that the instance points to
    failover::Facts facts;
};

// Errors: those of look(); not_found with the names when there are several instances; refused when a node that the
// others report was not asked (plain hosts).
Result<OneInstance> one_instance(Context& context);

// The part of a survey that the Redis servers answer: fills facts.nodes and facts.master. Errors: interrupted.
Result<void> survey_servers(Context& context, failover::Facts& facts, const std::string& client_name,
                            Deadline deadline);

// Fills the facts from the nodes and from Kubernetes. client_name: of our own connections. wish: of a switch, whose
// permissions are then asked for.
Result<void> survey(Context& context, OneInstance& one, const std::string& client_name,
                    const failover::Wish& wish = {});

}  // namespace redisctl
