#include "commands/upgrade_view.h"

#include "base/json_values.h"
#include "base/text.h"
#include "commands/operation_report.h"
#include "commands/plan_view.h"
#include "output/document.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using failover::Outcome;

// By node, in the last look.
struct PodState {
    std::string node, image, version, note;
    bool master = false, upgraded = false, ready = false;
};

std::vector<PodState> pods_of(const RollResult& result) {
    std::vector<PodState> pods;
    if (!result.seen) return pods;
    const fleet::Instance& instance = result.seen->found.inventory.instances.front();
    const topology::Picture& picture = result.seen->pictures.front();
    for (const topology::NodePicture& node : picture.nodes) {
        const kube::Pod* pod = pod_of(instance, node.name);
        PodState state{node.name, {}, node.view ? node.view->version : "", {}, node.name == picture.master, false, false};
        if (pod != nullptr) {
            state.image = image_of(result.sets, *pod);
            state.upgraded = is_upgraded(result.sets, *pod);
            state.ready = pod->ready;
            for (const kube::ContainerStatus& status : pod->statuses)
                if (state.note.empty()) state.note = status.waiting_reason;
        }
        pods.push_back(std::move(state));
    }
    return pods;
}

std::string sentence_of(const PodState& pod) {
    std::string text = fmt::format("{}{}: {}", pod.node, pod.master ? " (master)" : "",
                                   pod.image.empty() ? "no pod" : printable(pod.image));
    if (!pod.version.empty()) text += ", answers as " + printable(pod.version);
    if (!pod.ready && !pod.image.empty())
        text += pod.note.empty() ? std::string(", not Ready") : fmt::format(", not Ready: {}", printable(pod.note));
    return text;
}

Json proof_json(const RollResult& result) {
    Json json{{"nodes", Json::array()}, {"statefulSets", Json::array()}, {"gates", Json::array()}};
    for (const PodState& pod : pods_of(result))
        json["nodes"].push_back({{"name", pod.node},
                                 {"image", text_or_null(pod.image)},
                                 {"version", text_or_null(pod.version)},
                                 {"upgraded", pod.upgraded},
                                 {"ready", pod.ready}});
    for (const UpgradedSet& set : result.sets)
        json["statefulSets"].push_back({{"name", set.rollout.set.meta.name},
                                        {"container", set.container},
                                        {"image", set.image},
                                        {"imageBefore", set.previous.image},
                                        {"strategy", Json::parse(set.previous.strategy, nullptr, false)},
                                        {"givenBack", !result.held}});
    for (const Gate& gate : result.gates)
        json["gates"].push_back({{"gate", gate.name}, {"value", gate.value}, {"limit", gate.limit}, {"ok", gate.ok}});
    json["before"] = text_or_null(result.record);
    return json;
}

std::vector<std::string> sentences_of(const RollResult& result, const WaysOn& ways) {
    std::vector<std::string> sentences;
    for (const PodState& pod : pods_of(result)) sentences.push_back(sentence_of(pod));
    for (const Gate& gate : result.gates)
        sentences.push_back(fmt::format("{}: {} ({})", gate.name, gate.value, gate.ok ? "as it must be" : gate.limit));
    if (result.held) {
        for (const UpgradedSet& set : result.sets)
            sentences.push_back(fmt::format("StatefulSet {} is left at OnDelete: Kubernetes replaces none of its pods "
                                            "by itself; what it had, {}, is given back by either of these",
                                            set.rollout.set.meta.name, set.previous.strategy));
        sentences.push_back("to go on: " + ways.on);
        sentences.push_back("to go back: " + ways.back);
    }
    if (!result.record.empty()) sentences.push_back("the state of before: " + printable(result.record));
    return sentences;
}

}  // namespace

Result<void> show_upgrade_plan(output::Output& output, const UpgradePlan& plan, bool only_plan) {
    const output::Format format = output.settings().format;
    if (output::is_document(format)) {
        if (!only_plan) return {};
        Json json = plan_document(plan.plan);
        json["steps"] = Json::array();
        for (const ListedStep& step : plan.steps) json["steps"].push_back(to_json(step));
        json["baseline"] = {{"image", plan.image}};
        return print_document(output, json);
    }
    if (format == output::Format::name) return {};
    const failover::Plan& head = plan.plan;
    TRY(output.write(fmt::format("{} of {}/{} ({}): {}\n", head.command, head.ns, head.instance, head.system,
                                 printable(plan.image))));
    output::Document document("Plan", "");
    if (output::Table checks = check_table(head, only_plan); !checks.rows.empty()) {
        document.add_table(std::move(checks));
        TRY(output.write("\n"));
        TRY(output.print(document));
    }
    std::string text = "\n" + text_of(plan.steps, only_plan);
    for (const std::string& note : head.notes) text += fmt::format("note: {}\n", note);
    return output.write(text);
}

Result<ExitCode> print_upgrade_result(output::Output& output, RollResult result, const WaysOn& ways) {
    OperationResult& operation = result.operation;
    operation.exit = exit_of(operation.report);
    if (operation.report.outcome == Outcome::refused) operation.lost_bytes = 0;
    if (operation.report.outcome != Outcome::refused) operation.achieved = sentences_of(result, ways);
    if (result.held && !operation.report.errors.empty() && operation.report.errors.front().hint.empty())
        operation.report.errors.front().hint = fmt::format("{}, or {}", ways.on, ways.back);
    if (operation.report.outcome == Outcome::done && result.seen)
        operation.to = result.seen->pictures.front().master;
    if (!output::is_document(output.settings().format)) return print_result(output, std::move(operation));
    for (const Error& error : operation.report.errors) output.error(error);
    Json json = result_document(operation);
    if (operation.report.outcome != Outcome::refused) json["proof"] = proof_json(result);
    TRY(print_document(output, json));
    return operation.exit;
}

}  // namespace redisctl
