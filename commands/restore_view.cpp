#include "commands/restore_view.h"

#include "base/json_values.h"
#include "base/text.h"
#include "commands/operation_report.h"
#include "commands/plan_view.h"
#include "output/document.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using failover::Outcome;

std::set<uint64_t> databases_of(const RestoreFile& file, const RestoreTarget& target) {
    std::set<uint64_t> numbers;
    for (const auto& [number, database] : file.databases) numbers.insert(number);
    for (const auto& [number, keys] : target.keys) numbers.insert(number);
    return numbers;
}

template <class Map>
auto at(const Map& map, uint64_t number) -> typename Map::mapped_type {
    const auto found = map.find(number);
    return found == map.end() ? typename Map::mapped_type{} : found->second;
}

Json plan_json(const RestorePlan& plan) {
    Json json = plan_document(plan.plan);
    json["steps"] = Json::array();
    for (const ListedStep& step : plan.steps) json["steps"].push_back(to_json(step));
    Json databases = Json::object();
    for (const uint64_t number : databases_of(*plan.file, *plan.target)) {
        const RestoreFile::Database in_file = at(plan.file->databases, number);
        databases[fmt::format("db{}", number)] = {{"now", at(plan.target->keys, number)},
                                                  {"inFile", in_file.live + in_file.expired},
                                                  {"expired", in_file.expired}};
    }
    json["baseline"] = {{"file", plan.file->path}, {"functions", plan.file->facts.functions}, {"databases", databases}};
    return json;
}

output::Table keys_table(const RestorePlan& plan) {
    using output::Align;
    using output::Show;
    output::Table table{"",
                        {{"DB"},
                         {"NOW", Show::always, Align::right},
                         {"IN FILE", Show::always, Align::right},
                         {"EXPIRED", Show::always, Align::right}},
                        {}};
    for (const uint64_t number : databases_of(*plan.file, *plan.target)) {
        const RestoreFile::Database in_file = at(plan.file->databases, number);
        table.rows.push_back({fmt::format("db{}", number), at(plan.target->keys, number),
                              in_file.live + in_file.expired, in_file.expired});
    }
    return table;
}

Json proof_json(const RestoreResult& result) {
    const Replayed& replayed = result.replayed;
    Json json{{"file", result.file->path}, {"keysInFile", result.file->facts.keys()}};
    json["restored"] = replayed.keys();
    json["expired"] = replayed.expired;
    json["refused"] = replayed.refused;
    json["refusals"] = replayed.refusals;
    json["functions"] = replayed.functions;
    json["reconnected"] = replayed.reconnected;
    json["heldBackMs"] = replayed.held_back_ms;
    json["databases"] = Json::object();
    for (const uint64_t number : databases_of(*result.file, *result.target)) {
        const RestoreFile::Database in_file = at(result.file->databases, number);
        json["databases"][fmt::format("db{}", number)] = {
            {"before", at(result.target->keys, number)},
            {"inFile", in_file.live + in_file.expired},
            {"restored", at(replayed.restored, number)},
            {"after", result.compared ? Json(at(result.compared->after, number)) : Json(nullptr)}};
    }
    json["replicas"] = Json::object();
    if (result.compared)
        for (const auto& [name, replica] : result.compared->replicas)
            json["replicas"][name] = {{"caughtUp", replica.caught_up},
                                      {"keys", value_or_null(replica.keys)},
                                      {"same", value_or_null(replica.same)}};
    json["safetyBackup"] = text_or_null(result.safety_backup);
    json["resumed"] = nullptr;
    if (result.resumed) json["resumed"] = {{"at", result.resumed->behind}, {"sameMaster", result.resumed->same_master}};
    json["goesOnBy"] = text_or_null(result.goes_on_by);
    return json;
}

std::string restored_text(const RestoreResult& result) {
    const Replayed& replayed = result.replayed;
    std::string text = fmt::format("restored {} of {} keys", replayed.keys(), result.file->facts.keys());
    if (replayed.expired > 0) text += fmt::format("; {} had expired", replayed.expired);
    if (replayed.refused > 0) text += fmt::format("; {} were refused", replayed.refused);
    if (result.file->facts.functions > 0)
        text += fmt::format("; {} of {} libraries of functions", replayed.functions, result.file->facts.functions);
    text += '\n';
    if (result.resumed && result.resumed->behind > 0)
        text += fmt::format("gone on with behind {} that were there\n", result.resumed->behind);
    if (result.compared)
        for (const auto& [number, restored] : replayed.restored)
            text += fmt::format("db{}: {} keys restored, {} before, {} now\n", number, restored,
                                at(result.target->keys, number), at(result.compared->after, number));
    if (result.compared)
        for (const auto& [name, replica] : result.compared->replicas)
            if (replica.caught_up && replica.same == true)
                text += fmt::format("{} has caught up and counts the same keys\n", name);
    if (result.compared && result.compared->more > 0)
        text += fmt::format("{} keys more than were restored: others write there\n", result.compared->more);
    return text;
}

std::string outcome_text(const RestoreResult& result) {
    switch (result.operation.report.outcome) {
        case Outcome::done:
            return "done";
        case Outcome::refused:
            return "refused: nothing was changed";
        default:
            return result.goes_on_by.empty() ? "incomplete" : "incomplete; to go on: " + printable(result.goes_on_by);
    }
}

}  // namespace

Result<void> show_restore_plan(output::Output& output, const RestorePlan& plan, bool only_plan) {
    const output::Format format = output.settings().format;
    if (output::is_document(format)) return only_plan ? print_document(output, plan_json(plan)) : Result<void>{};
    if (format == output::Format::name) return {};
    const failover::Plan& head = plan.plan;
    const std::string name = head.ns.empty() ? head.instance : head.ns + "/" + head.instance;
    TRY(output.write(fmt::format("{} of {} ({}): {} -> {} ({})\n\n", head.command, name, head.system,
                                 printable(plan.file->path), head.to, plan.target->version)));
    output::Document document("Plan", "");
    document.add_table(keys_table(plan));
    if (output::Table checks = check_table(head, only_plan); !checks.rows.empty())
        document.add_table(std::move(checks));
    TRY(output.print(document));
    std::string text = "\n" + text_of(plan.steps, only_plan);
    for (const std::string& note : head.notes) text += fmt::format("note: {}\n", note);
    return output.write(text);
}

Result<ExitCode> print_restore_result(output::Output& output, RestoreResult result) {
    OperationResult& operation = result.operation;
    operation.exit = exit_of(operation.report);
    operation.lost_bytes = operation.report.changed ? std::nullopt : std::optional<int64_t>(0);
    for (const Error& error : operation.report.errors) output.error(error);
    const output::Format format = output.settings().format;
    if (output::is_document(format)) {
        Json json = result_document(operation);
        if (result.begun) json["proof"] = proof_json(result);
        TRY(print_document(output, json));
        return operation.exit;
    }
    if (format == output::Format::name) {
        if (operation.exit == ExitCode::ok) TRY(output.write(operation.to + "\n"));
        return operation.exit;
    }
    for (const Error& warning : operation.report.warnings) {
        output.note("warning: " + printable(warning.message));
        if (!warning.hint.empty()) output.note("  hint: " + printable(warning.hint));
    }
    std::string text = fmt::format("\n{}\n", outcome_text(result));
    if (result.begun) text += restored_text(result);
    for (const std::string& refusal : result.replayed.refusals) text += "refused: " + refusal + "\n";
    if (!result.safety_backup.empty())
        text += fmt::format("what was there before: {}\n", printable(result.safety_backup));
    TRY(output.write(text));
    return operation.exit;
}

}  // namespace redisctl
