// Gathers what the nodes of one instance know: two rounds of questions, a few PINGs between them, and a last look.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/facts.h"
#include "fleet/fleet.h"

#include <functional>
#include <string>

namespace redisctl::failover {

struct SurveyOptions {
    std::string client_name;  // of our own connections; others that are called like an operation are somebody else
    // Between the two samples of the offsets; the PINGs are spread over it. It is about all that a survey takes.
    Millis spacing{300};
    size_t pings = 20;
    std::function<Result<void>(Millis)> pause;  // lets time pass; Errors: interrupted
};

// Fills facts.nodes and facts.master; facts.instance and facts.picture are there. The fleet keeps its connections: a
// PING that had to connect first would say nothing about the server. Each round waits for the slowest node, for at most
// 3 s, as long as an emergency wants to wait for evidence. Errors: interrupted; a dead node is a fact.
Result<void> survey_redis(fleet::Fleet& fleet, Facts& facts, const SurveyOptions& options, Deadline deadline);

// admits_master and admitted_by_master once more, for a master that was chosen since. Errors: interrupted.
Result<void> survey_logins(fleet::Fleet& fleet, Facts& facts, Deadline deadline);

}  // namespace redisctl::failover
