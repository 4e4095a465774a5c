#include "base/json_values.h"
#include "commands/command.h"
#include "commands/context.h"
#include "failover/journal.h"
#include "output/document.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

namespace {

using failover::Recorded;
using Json = nlohmann::ordered_json;

Json to_json(const Recorded& recorded) {
    const failover::Plan& plan = recorded.plan;
    return {{"operation", recorded.operation},
            {"started", text_or_null(recorded.started)},
            {"ended", text_or_null(recorded.ended_at)},
            {"command", plan.command},
            {"instance", plan.instance},
            {"namespace", text_or_null(plan.ns)},
            {"mode", plan.mode == failover::Mode::planned ? "planned" : "emergency"},
            {"engine", text_or_null(plan.engine)},
            {"from", text_or_null(plan.from)},
            {"to", text_or_null(plan.to)},
            {"outcome", recorded.ended ? text_or_null(recorded.outcome) : Json(nullptr)},
            {"lastStep", text_or_null(recorded.last_step)},
            {"place",
             recorded.place ? Json{{"done", recorded.place->done}, {"of", recorded.place->of}} : Json(nullptr)},
            {"goesOnBy", failover::is_left(recorded) ? text_or_null(recorded.goes_on_by) : Json(nullptr)},
            {"running", recorded.running},
            {"journal", recorded.path}};
}

Result<ExitCode> run(Context& context) {
    std::vector<Error> unreadable;
    std::vector<Recorded> all = failover::read_journals(context.environment(), unreadable);
    const std::string& instance = context.globals().instance;
    output::Document document("History", "");
    output::Table table{"", {{"OPERATION"}, {"STARTED"}, {"COMMAND"}, {"INSTANCE"}, {"FROM"}, {"TO"}, {"OUTCOME"}}, {}};
    for (const Recorded& recorded : all) {
        const failover::Plan& plan = recorded.plan;
        if (!instance.empty() && plan.instance != instance) continue;
        document.add_item(to_json(recorded));
        document.add_name(recorded.operation);
        std::string outcome = recorded.ended ? recorded.outcome : recorded.running ? "at work" : "unfinished";
        const bool over = recorded.ended && !failover::is_left(recorded);
        if (!over && !recorded.last_step.empty()) outcome += ", at " + recorded.last_step;
        if (!over && recorded.place)
            outcome += fmt::format(" ({} of {})", recorded.place->done, recorded.place->of);
        table.rows.push_back({recorded.operation,
                              recorded.started,
                              plan.command,
                              plan.ns.empty() ? plan.instance : plan.ns + "/" + plan.instance,
                              plan.from,
                              plan.to,
                              {outcome, over ? output::Tone::plain : output::Tone::warn}});
    }
    document.add_table(std::move(table));
    for (const Error& error : unreadable) document.add_error({"", "", error});
    TRY(context.output().print(document));
    return unreadable.empty() ? ExitCode::ok : ExitCode::partial;
}

void bind(Spec& spec) {
    spec.examples = {"redisctl history", "redisctl history --instance redis --json"};
    spec.run = run;
}

}  // namespace

extern const Command history_command{
    "history", Group::look, "List the changes made from this machine, and which are unfinished", Uses::target, {},
    bind,      "History"};

}  // namespace redisctl
