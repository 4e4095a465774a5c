#include "base/json_values.h"
#include "commands/command.h"
#include "commands/examination.h"
#include "commands/instance_json.h"
#include "commands/look.h"
#include "commands/node_cells.h"
#include "topology/finding_codes.h"
#include "topology/findings.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

// The areas of docs/findings.md that are about a system, with the worst that was found in each.
struct Area {
    std::string_view name;
    std::optional<Severity> worst;
    bool known = true;  // false: something there could not be looked at
    size_t count = 0;

    std::string_view verdict() const { return worst ? severity_name(*worst) : known ? "ok" : "unknown"; }
};

std::vector<Area> areas_of(const topology::Picture& picture, bool services_known) {
    const bool all_answer = std::all_of(picture.nodes.begin(), picture.nodes.end(),
                                        [](const topology::NodePicture& node) { return node.view.has_value(); });
    std::vector<Area> areas;
    for (const topology::FindingCode& code : topology::finding_codes()) {
        const bool services = code.about == "Services", sentinels = code.about == "Sentinels";
        if (code.about == "The Spotahome operator" && !picture.system.starts_with("spotahome")) continue;
        if ((sentinels && picture.sentinels.empty()) || (services && services_known && picture.services.empty()) ||
            code.about.starts_with("HAProxy") || code.about.starts_with("Clients") || code.about.starts_with("Backups"))
            continue;
        if (areas.empty() || areas.back().name != code.about)
            areas.push_back({code.about, {}, all_answer && (services_known || !services)});
    }
    for (const Finding& finding : picture.findings) {
        const topology::FindingCode* code = topology::find_code(finding.code);
        for (Area& area : areas) {
            if (code == nullptr || area.name != code->about) continue;
            area.worst = std::max(area.worst.value_or(Severity::info), finding.severity);
            area.count++;
        }
    }
    return areas;
}

output::Cell verdict_cell(const Area& area) {
    using output::Tone;
    const std::string word(area.verdict());
    if (area.worst == Severity::critical) return {word, Tone::bad};
    return {word, area.worst == Severity::warning || word == "unknown" ? Tone::warn : Tone::good};
}

void add_item(output::Document& document, const topology::Picture& picture, bool services_known) {
    Json item{{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}};
    item["system"] = picture.system;
    item["health"] = topology::health_name(picture.health);
    item["areas"] = Json::array();
    output::Table table{heading(picture), {{"AREA"}, {"VERDICT"}, {"FINDINGS"}}, {}};
    for (const Area& area : areas_of(picture, services_known)) {
        item["areas"].push_back({{"area", area.name}, {"verdict", area.verdict()}, {"findings", area.count}});
        table.rows.push_back({std::string(area.name), verdict_cell(area), std::to_string(area.count)});
    }
    document.add_item(std::move(item));
    document.add_table(std::move(table));
    document.add_name(picture.full_name());
}

Result<ExitCode> run(Context& context) {
    TRY_ASSIGN(const Look seen, examine(context));
    const std::vector<fleet::Instance>& instances = seen.found.inventory.instances;
    output::Document document = begin_document("Doctor", context, seen);
    for (size_t i = 0; i < instances.size(); i++) add_item(document, seen.pictures[i], instances[i].services_known);
    TRY(context.output().print(document));
    return judged(count_answers(seen), document.findings(), context.globals());
}

void bind(Spec& spec) {
    spec.examples = {"redisctl doctor", "redisctl doctor --instance redis --fail-on warning",
                     "redisctl doctor --host db1:6379"};
    spec.run = run;
}

}  // namespace

extern const Command doctor_command{
    "doctor",     Group::judge, "Examine everything: roles, links, Services, persistence, memory, logins, pods",
    Uses::target, {"health"},   bind,
    "Doctor"};

}  // namespace redisctl
