// What a change says of itself to programs: Plan, Event and OperationResult of the contract.
#pragma once

#include "base/exit_code.h"
#include "failover/executor.h"
#include "failover/plan.h"
#include "failover/proof.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

// All that is known at the end of a change.
struct OperationResult {
    std::string operation;  // empty: refused before there was one
    std::string command, instance, ns;
    failover::Mode mode = failover::Mode::planned;
    std::string engine, from, to;
    std::string replica;  // attached to `to` again; empty: the change was about the master
    failover::Report report;
    std::optional<failover::Proof> proof;
    std::map<std::string, failover::Resync> resyncs;  // by replica, how it came to follow
    std::optional<int64_t> outage_ms;                 // from the fence or FAILOVER to the first acknowledged write
    std::optional<int64_t> lost_bytes;                // nullopt: unknown, then lost_reason says why
    bool lost_is_bound = false;                       // lost_bytes is no exact figure but an upper bound
    std::string lost_reason;
    std::vector<std::string> achieved;  // sentences of the steps that were done
    std::string journal;                // path; empty when there is none
    ExitCode exit = ExitCode::ok;
};

// 0, 6, 8 or 9 (rolled back because that was asked for is 0); 130 or 143 when it was interrupted before anything was
// changed.
ExitCode exit_of(const failover::Report& report);

nlohmann::ordered_json plan_document(const failover::Plan& plan);
nlohmann::ordered_json event_document(const std::string& operation, int seq, const failover::StepReport& step);
nlohmann::ordered_json result_document(const OperationResult& result);

}  // namespace redisctl
