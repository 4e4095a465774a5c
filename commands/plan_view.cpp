#include "commands/plan_view.h"

#include "commands/operation_report.h"
#include "output/document.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace redisctl {

namespace {

using failover::Check;
using failover::Plan;
using failover::Step;
using failover::Verdict;
using output::Table;
using output::Tone;

enum class PlanDetail { summary, everything };

Tone tone_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok:
            return Tone::good;
        case Verdict::warn:
            return Tone::warn;
        default:
            return Tone::bad;
    }
}

std::string heading(const Plan& plan) {
    const std::string name = plan.ns.empty() ? plan.instance : plan.ns + "/" + plan.instance;
    std::string text = fmt::format("{} of {} ({})", plan.command, name, plan.system);
    if (!plan.from.empty())
        text += fmt::format(": {} -> {}", plan.from, plan.to);
    else if (!plan.replica.empty())
        text += fmt::format(": {} follows {}", plan.replica, plan.to);
    else if (!plan.to.empty())
        text += fmt::format(": {} is to be the master", plan.to);
    if (!plan.engine.empty()) text += fmt::format(", engine {}", plan.engine);
    if (!plan.expected_outage.empty()) text += fmt::format("\nwrites stop {}", plan.expected_outage);
    // A change of Sentinels has nothing to do with writes.
    if (!plan.master.empty()) return text;
    if (plan.loss_bound == 0)
        text += "\nno acknowledged write is lost";
    else if (plan.loss_bound)
        text +=
            fmt::format("\nat most {} bytes of acknowledged writes are lost: {}", *plan.loss_bound, plan.loss_reason);
    else if (plan.mode == failover::Mode::emergency)
        text += fmt::format("\nHOW MUCH IS LOST IS UNKNOWN: {}", plan.loss_reason);
    return text;
}

Table candidate_table(const Plan& plan) {
    Table table{"", {{"CANDIDATE"}, output::numbers("POINTS"), {"WHY"}}, {}};
    for (const failover::Score& score : plan.candidates)
        table.rows.push_back({{score.node, score.node == plan.to ? Tone::strong : Tone::plain},
                              score.eligible ? std::to_string(score.points) : std::string(),
                              score.eligible ? score.why : fmt::format("no: {}", fmt::join(score.reasons, "; "))});
    return table;
}

std::string text_of_steps(const Plan& plan, PlanDetail detail) {
    std::string text = "\n";
    int number = 0;
    std::string commit;
    for (const Step& step : plan.steps) {
        text += fmt::format("{:>3}. {}: {}\n", ++number, step.id, step.why);
        if (step.commits) commit = step.id;
        if (detail == PlanDetail::summary) continue;
        for (const auto& condition : step.before)
            text += fmt::format("       if    {}\n", failover::sentence_of(condition));
        for (const std::string& line : failover::lines_of(step.action)) text += fmt::format("       do    {}\n", line);
        for (const auto& condition : step.after)
            text += fmt::format("       until {}\n", failover::sentence_of(condition));
        for (const auto& action : step.undo)
            for (const std::string& line : failover::lines_of(action)) text += fmt::format("       undo  {}\n", line);
    }
    if (!commit.empty() && !plan.master.empty())
        text +=
            fmt::format("from {} on nothing is undone: what a Sentinel forgot cannot be told to it again\n", commit);
    else if (!commit.empty())
        text += fmt::format(
            "until {} all is undone when something fails; from it on there is no way back but a new switch\n", commit);
    for (const std::string& note : plan.notes) text += fmt::format("note: {}\n", note);
    return text;
}

Result<void> print_plan(output::Output& output, const Plan& plan, PlanDetail detail) {
    TRY(output.write(heading(plan) + "\n"));
    output::Document document("Plan", "");
    if (Table checks = check_table(plan, detail == PlanDetail::everything); !checks.rows.empty())
        document.add_table(std::move(checks));
    if (detail == PlanDetail::everything && !plan.candidates.empty()) document.add_table(candidate_table(plan));
    if (!document.tables().empty()) {
        TRY(output.write("\n"));
        TRY(output.print(document));
    }
    return output.write(text_of_steps(plan, detail));
}

}  // namespace

output::Table check_table(const Plan& plan, bool everything) {
    Table table{"", {{"CHECK"}, {"VERDICT"}, {"NODE"}, {"VALUE"}, {"LIMIT"}, {"HINT"}}, {}};
    for (const Check& check : plan.checks) {
        if (!everything && check.verdict == Verdict::ok) continue;
        std::string verdict(failover::verdict_name(check.verdict));
        if (check.overridden) verdict += " (overridden)";
        std::string hint = check.hint;
        if (failover::refuses(check) && check.overridable)
            hint += fmt::format("{}or --override {}", hint.empty() ? "" : "; ", check.name);
        table.rows.push_back(
            {check.name, {verdict, tone_of(check.verdict)}, check.node, check.value, check.limit, hint});
    }
    return table;
}

Result<void> show_plan(output::Output& output, const Plan& plan, bool only_plan) {
    const output::Format format = output.settings().format;
    if (output::is_document(format)) return only_plan ? print_document(output, plan_document(plan)) : Result<void>{};
    if (format == output::Format::name) return {};
    return print_plan(output, plan, only_plan ? PlanDetail::everything : PlanDetail::summary);
}

}  // namespace redisctl
