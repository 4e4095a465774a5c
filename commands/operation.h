// One change of one instance, from the shown plan to its result: consent, lock, journal, execution, proof, report.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/change_flags.h"
#include "commands/context.h"
#include "commands/operation_json.h"
#include "failover/journal.h"
#include "failover/plan.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl {

// What a change does with an operation that a killed run left.
enum class Continue { fresh, forward, backward };

struct Operation {
    std::string id;
    const fleet::Instance* instance = nullptr;
    failover::Plan plan;
    ChangeFlags flags;
    bool must_name = false;  // the instance's name has to be typed: something can be lost
    Continue how = Continue::fresh;
    std::optional<failover::Recorded> recorded;  // with forward and backward
    // Unfinished ones that cannot be resumed any more because this one clears up behind them; ended with it.
    std::vector<failover::Recorded> supersedes = {};
};

// Prints Plan, Events and OperationResult in the chosen format. Errors are part of the result; only output's own are
// returned.
Result<ExitCode> run_operation(Context& context, Operation operation);

// One line of NDJSON, or one document of YAML.
Result<void> print_document(output::Output& output, const nlohmann::ordered_json& json);

// A change that did not come to a result of its own ends with one all the same.
Result<void> print_refusal(output::Output& output, std::string_view command, const Error& error, ExitCode code);

// What is known of it before it begins.
OperationResult result_for(const Operation& operation);

// A change that ends before it begins, as a result: refused, or nothing to do.
Result<ExitCode> end_early(Context& context, OperationResult result, const std::optional<Error>& why);

}  // namespace redisctl
