// How a change ends, for people and for programs.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/context.h"
#include "commands/operation_json.h"
#include "failover/plan.h"
#include "output/output.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace redisctl {

// One line of NDJSON, or one document of YAML.
Result<void> print_document(output::Output& output, const nlohmann::ordered_json& json);

// What happens to a step, as it happens: a document, or a line of the ends only.
void print_event(output::Output& output, const std::string& operation, int seq, const failover::StepReport& report);

// Its errors, and its OperationResult, its sentences or the master's name. Gives its exit code: exit_of its report,
// where it has none of its own. Errors: only output's.
Result<ExitCode> print_result(output::Output& output, OperationResult result);

// "WHAT is refused by: …": the checks that refuse, each named once; the cause tells of every node, the hint is the
// first's.
Error refused_by(std::string_view what, const std::vector<failover::Check>& checks);

// A change that ends before it begins, as a result: refused, or nothing to do.
Result<ExitCode> end_early(Context& context, OperationResult result, const std::optional<Error>& why);

// A change that did not come to a result of its own ends with one all the same.
Result<void> print_refusal(output::Output& output, std::string_view command, const Error& error, ExitCode code);

}  // namespace redisctl
