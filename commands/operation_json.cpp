#include "commands/operation_json.h"

#include "base/interrupt.h"
#include "base/json_values.h"
#include "output/document.h"

#include <nlohmann/json.hpp>

#include <signal.h>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using failover::Outcome;

Json envelope(std::string_view kind) {
    return {{"apiVersion", "redisctl/v1"}, {"kind", kind}};
}

double milliseconds(Micros took) {
    return static_cast<double>(took.count()) / 1000.0;
}

Json error_json(const Error& error, const std::string& node) {
    return output::to_json(output::ErrorItem{"", node, error});
}

}  // namespace

ExitCode exit_of(const failover::Report& report) {
    switch (report.outcome) {
        case Outcome::done:
        case Outcome::noop:
            return ExitCode::ok;
        case Outcome::refused: {
            const bool interrupted = !report.errors.empty() && report.errors.front().code == ErrorCode::interrupted;
            if (!interrupted || interrupt::count() == 0) return ExitCode::refused;
            return interrupt::signal_number() == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
        }
        case Outcome::rolled_back:
            return report.errors.empty() ? ExitCode::ok : ExitCode::rolled_back;
        case Outcome::incomplete:
        case Outcome::unknown:
            return ExitCode::incomplete;
    }
    return ExitCode::internal;
}

Json plan_document(const failover::Plan& plan) {
    Json json = envelope("Plan");
    json.update(failover::to_json(plan));
    return json;
}

Json event_document(const std::string& operation, int seq, const failover::StepReport& step) {
    Json json = envelope("Event");
    json["operation"] = operation;
    json["seq"] = seq;
    json["step"] = step.id;
    json["status"] = failover::status_name(step.status);
    json["node"] = text_or_null(step.node);
    json["tookMs"] = step.status == failover::StepStatus::started ? Json(nullptr) : Json(milliseconds(step.took));
    json["error"] = step.error ? error_json(*step.error, step.node) : Json(nullptr);
    return json;
}

Json result_document(const OperationResult& result) {
    Json json = envelope("OperationResult");
    json["operation"] = text_or_null(result.operation);
    json["command"] = result.command;
    json["instance"] = text_or_null(result.instance);
    json["namespace"] = text_or_null(result.ns);
    json["mode"] = result.mode == failover::Mode::planned ? "planned" : "emergency";
    json["engine"] = text_or_null(result.engine);
    json["changed"] = result.report.changed;
    json["outcome"] = failover::outcome_name(result.report.outcome);
    json["from"] = text_or_null(result.from);
    json["to"] = text_or_null(result.to);
    json["replica"] = text_or_null(result.replica);
    json["writeOutageMs"] = value_or_null(result.outage_ms);
    json["lostBytes"] = value_or_null(result.lost_bytes);
    json["lostIsBound"] = result.lost_is_bound;
    json["lostReason"] = text_or_null(result.lost_reason);
    json["proof"] = result.proof ? failover::to_json(*result.proof) : Json(nullptr);
    json["resyncs"] = Json::object();
    for (const auto& [node, resync] : result.resyncs) json["resyncs"][node] = failover::resync_name(resync);
    json["unshared"] = Json::array();
    for (const failover::Unshared& one : result.report.readings.saved)
        json["unshared"].push_back(failover::to_json(one));
    json["steps"] = Json::array();
    for (const failover::StepReport& step : result.report.steps)
        json["steps"].push_back({{"step", step.id},
                                 {"status", failover::status_name(step.status)},
                                 {"node", text_or_null(step.node)},
                                 {"tookMs", milliseconds(step.took)},
                                 {"error", step.error ? error_json(*step.error, step.node) : Json(nullptr)}});
    json["errors"] = Json::array();
    for (const Error& error : result.report.errors) json["errors"].push_back(error_json(error, ""));
    json["warnings"] = Json::array();
    for (const Error& error : result.report.warnings) json["warnings"].push_back(error_json(error, ""));
    json["achieved"] = result.achieved;
    json["exitCode"] = static_cast<int>(result.exit);
    json["journal"] = text_or_null(result.journal);
    return json;
}

}  // namespace redisctl
