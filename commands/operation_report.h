// How a change ends, for people and for programs.
#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "commands/context.h"
#include "commands/operation_json.h"
#include "failover/plan.h"
#include "output/output.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redisctl {

// One line of NDJSON, or one document of YAML.
Result<void> print_document(output::Output& output, const nlohmann::ordered_json& json);

// What happens to a step, as it happens: a document, or a line of the ends only.
void print_event(output::Output& output, const std::string& operation, int seq, const failover::StepReport& report);

// The steps of a change that is no failover::Plan: each is told when it begins and how it ends, and stands in the
// report then. They may lie within one another. `reports` must outlive this.
class ToldSteps {
  public:
    ToldSteps(output::Output& output, std::string operation, std::vector<failover::StepReport>& reports)
        : output_(output), operation_(std::move(operation)), reports_(reports) {}

    // node: empty: at none. What `act` says.
    Result<void> run(const std::string& id, const std::string& node, const std::function<Result<void>()>& act);

  private:
    output::Output& output_;
    const std::string operation_;
    std::vector<failover::StepReport>& reports_;
    int seq_ = 0;
};

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
