#include "commands/operation_report.h"

#include "base/text.h"
#include "failover/unshared.h"
#include "output/json_text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <set>

namespace redisctl {

namespace {

using failover::Outcome;

std::string sentence_of(const OperationResult& result) {
    const std::string& to = result.to;
    switch (result.report.outcome) {
        case Outcome::done:
            if (!result.replica.empty()) return fmt::format("done: {} follows {}", result.replica, to);
            return to.empty() ? "done" : fmt::format("done: {} is the master", to);
        case Outcome::noop:
            if (to.empty()) return "nothing to do";
            if (!result.replica.empty()) return fmt::format("nothing to do: {} follows {} already", result.replica, to);
            return fmt::format("nothing to do: {} is the master already", to);
        case Outcome::refused:
            return "refused: nothing was changed";
        case Outcome::rolled_back:
            if (result.from.empty()) return "rolled back: all is as it was before";
            return result.mode == failover::Mode::emergency
                       ? std::string("rolled back: there is no new master, and nothing borrowed is left")
                       : fmt::format("rolled back: {} is the master as before, and nothing borrowed is left",
                                     result.from);
        case Outcome::incomplete:
            if (result.report.committed && !result.replica.empty())
                return fmt::format("incomplete: {} was told to follow {}, and not all is as it should be",
                                   result.replica, to);
            if (result.report.committed && to.empty()) return "incomplete: not all was done, and what was done stays";
            return result.report.committed
                       ? fmt::format("incomplete: {} is the master, but not all is as it should be", to)
                       : "incomplete: not all that was changed could be undone";
        case Outcome::unknown:
            return "unknown: who knows whether it was done does not answer";
    }
    return {};
}

std::string resync_sentence(const std::string& node, failover::Resync resync) {
    if (resync == failover::Resync::none) return fmt::format("{} does not follow\n", node);
    if (resync == failover::Resync::unknown)
        return fmt::format("{} follows; by a full or a partial resync is unknown\n", node);
    return fmt::format("{} follows by a {} resync\n", node, failover::resync_name(resync));
}

}  // namespace

void print_event(output::Output& output, const std::string& operation, int seq, const failover::StepReport& report) {
    using failover::StepStatus;
    if (output::is_document(output.settings().format)) {
        (void)print_document(output, event_document(operation, seq, report));
        return;
    }
    if (report.status == StepStatus::started || output.settings().format == output::Format::name) return;
    std::string line = fmt::format("{:<24} {}", report.id, failover::status_name(report.status));
    if (report.status == StepStatus::done || report.status == StepStatus::undone)
        line += fmt::format(" in {:.1f} ms", static_cast<double>(report.took.count()) / 1000.0);
    if (report.error) line += ": " + printable(report.error->message);
    (void)output.write(line + "\n");
}

Result<void> ToldSteps::run(const std::string& id, const std::string& node, const std::function<Result<void>()>& act) {
    using failover::StepStatus;
    const TimePoint begin = SteadyClock::now();
    print_event(output_, operation_, ++seq_, {id, node, StepStatus::started, Micros(0), {}});
    const Result<void> done = act();
    const auto took = std::chrono::duration_cast<Micros>(SteadyClock::now() - begin);
    failover::StepReport report{id, node, done ? StepStatus::done : StepStatus::failed, took, {}};
    if (!done) report.error = done.error();
    print_event(output_, operation_, ++seq_, report);
    reports_.push_back(std::move(report));
    return done;
}

Error refused_by(std::string_view what, const std::vector<failover::Check>& checks) {
    Error error{ErrorCode::refused, fmt::format("{} is refused by: ", what), "", "", "CHECK_FAILED"};
    std::set<std::string> named;
    for (const failover::Check& check : checks) {
        if (!failover::refuses(check)) continue;
        // One name may stand for several nodes.
        if (named.insert(check.name).second) error.message += (named.size() > 1 ? ", " : "") + check.name;
        error.cause += fmt::format("{}{}{}{}: {}, and it must be: {}", error.cause.empty() ? "" : "; ", check.name,
                                   check.node.empty() ? "" : " of ", check.node, check.value, check.limit);
        if (error.hint.empty()) error.hint = check.hint;
    }
    return error;
}

Result<void> print_document(output::Output& output, const nlohmann::ordered_json& json) {
    if (output.settings().format == output::Format::yaml) return output.write("---\n" + output::yaml_text(json));
    return output.print_line(json);
}

Result<ExitCode> print_result(output::Output& output, OperationResult result) {
    if (result.exit == ExitCode::ok) result.exit = exit_of(result.report);
    for (const Error& error : result.report.errors) output.error(error);
    if (output::is_document(output.settings().format)) {
        TRY(print_document(output, result_document(result)));
        return result.exit;
    }
    if (output.settings().format == output::Format::name) {
        if (result.exit == ExitCode::ok && !result.to.empty()) TRY(output.write(result.to + "\n"));
        return result.exit;
    }
    for (const Error& warning : result.report.warnings) {
        output.note("warning: " + printable(warning.message));
        if (!warning.hint.empty()) output.note("  hint: " + printable(warning.hint));
    }
    std::string text = "\n" + sentence_of(result) + "\n";
    for (const std::string& sentence : result.achieved) text += sentence + "\n";
    if (result.outage_ms)
        text += fmt::format("writes stopped for {} ms\n", *result.outage_ms);
    else if (result.report.committed && result.mode == failover::Mode::emergency && !result.from.empty())
        text += "how long writes stopped is unknown: the master was dead before we came\n";
    if (result.proof) {
        if (result.lost_bytes == 0)
            text += fmt::format("no acknowledged write was lost: {} had all {} bytes\n", result.to,
                                result.proof->final_offset.value_or(0));
        else if (result.lost_bytes)
            text += fmt::format("{} bytes of acknowledged writes were lost\n", *result.lost_bytes);
        else
            text += fmt::format("how much was lost is unknown: {}\n", result.lost_reason);
    }
    for (const auto& [node, resync] : result.resyncs) text += resync_sentence(node, resync);
    if (!result.proof && !result.lost_reason.empty()) {
        text += fmt::format("given up: {}\n", result.lost_reason);
        for (const failover::Unshared& one : result.report.readings.saved)
            if (!one.file.empty()) text += fmt::format("to write them again: redis-cli --pipe < {}\n", one.file);
    }
    if (!result.journal.empty()) text += fmt::format("operation {}, journal {}\n", result.operation, result.journal);
    TRY(output.write(text));
    return result.exit;
}

Result<void> print_refusal(output::Output& output, std::string_view command, const Error& error, ExitCode code) {
    OperationResult result;
    result.command = command;
    result.report.outcome = Outcome::refused;
    result.report.errors = {error};
    result.lost_bytes = 0;
    result.exit = code;
    return print_document(output, result_document(result));
}

Result<ExitCode> end_early(Context& context, OperationResult result, const std::optional<Error>& why) {
    result.report.outcome = why ? Outcome::refused : Outcome::noop;
    if (why) result.report.errors.push_back(*why);
    result.lost_bytes = 0;
    return print_result(context.output(), std::move(result));
}

}  // namespace redisctl
