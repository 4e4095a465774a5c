#include "commands/command.h"
#include "commands/instance_json.h"
#include "commands/json_values.h"
#include "commands/look.h"
#include "commands/node_cells.h"
#include "commands/one_instance.h"
#include "commands/operators.h"
#include "commands/sentinel_look.h"
#include "failover/condition_findings.h"
#include "kube/reads.h"
#include "topology/finding_codes.h"
#include "topology/findings.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace redisctl {

namespace {

using failover::Facts;
using failover::Surroundings;
using Json = nlohmann::ordered_json;

constexpr Millis survey_in{15'000};

// Pods and policies, all at once.
Surroundings look_around(Context& context, const Facts& facts) {
    Surroundings around;
    if (context.client() == nullptr || facts.instance.ns.empty()) return around;
    const Deadline deadline = Deadline::after(survey_in);
    kube::Client& client = *context.client();
    std::map<std::string, kube::Reading<kube::PodCondition>> readings;
    for (const kube::Pod* pod : facts.instance.pods)
        readings.emplace(pod->meta.name, kube::read_pod_condition(client, pod->meta.ns, pod->meta.name, deadline));
    const auto policies = kube::list_network_policies(client, facts.instance.ns);
    std::optional<kube::Reading<kube::FailoverWishes>> wishes;
    if (const std::string name = failover_name(facts.instance);
        !name.empty() && facts.picture.system.starts_with("spotahome"))
        wishes = kube::read_failover_wishes(client, facts.instance.ns, name, deadline);
    const Result<void> waited = client.loop().run(
        [&] {
            return policies->done() && (!wishes || wishes->done()) &&
                   std::all_of(readings.begin(), readings.end(), [](const auto& one) { return one.second.done(); });
        },
        deadline);
    for (auto& [name, reading] : readings) {
        if (reading.done() && reading.request->result())
            if (auto start = kube::parse_pod_start(reading.request->body())) around.starts.emplace(name, *start);
        around.pods.emplace(name, reading.done() ? reading.take() : fail(waited.error()));
    }
    around.policies = policies->done() ? policies->take() : fail(waited.error());
    if (wishes && wishes->done())
        if (auto read = wishes->take()) around.wishes = std::move(*read);
    return around;
}

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

// Two looks may see the same thing.
void add_new(std::vector<Finding>& all, std::vector<Finding> more) {
    const std::vector<Finding> known = all;
    for (Finding& one : more)
        if (std::none_of(known.begin(), known.end(), [&](const Finding& other) {
                return other.code == one.code && other.instance == one.instance && other.node == one.node;
            }))
            all.push_back(std::move(one));
}

Result<std::map<std::string, std::vector<Finding>>> council_findings(Context& context, const Look& seen) {
    std::map<std::string, std::vector<Finding>> by_instance;
    if (std::all_of(seen.pictures.begin(), seen.pictures.end(),
                    [](const topology::Picture& picture) { return picture.sentinels.empty(); }))
        return by_instance;
    TRY_ASSIGN(const SentinelLook council, look_at_sentinels(context));
    for (size_t i = 0; i < council.look.pictures.size(); i++)
        by_instance[council.look.pictures[i].full_name()] = council.findings(i);
    return by_instance;
}

// Errors: interrupted.
Result<std::vector<Finding>> examine(Context& context, const fleet::Instance& instance,
                                     const topology::Picture& picture) {
    Facts facts;
    facts.instance = instance;
    facts.picture = picture;
    TRY(survey_servers(context, facts, "redisctl:doctor", Deadline::after(survey_in)));
    return failover::find_about_condition(facts, look_around(context, facts));
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
    // Connections stay open: the survey asks over them.
    context.begin_operation("doctor");
    TRY_ASSIGN(Look seen, look(context));
    TRY(look_for_operator(context, seen.pictures));
    TRY_ASSIGN(auto by_council, council_findings(context, seen));
    const std::vector<fleet::Instance>& instances = seen.found.inventory.instances;
    for (size_t i = 0; i < instances.size(); i++) {
        topology::Picture& picture = seen.pictures[i];
        TRY_ASSIGN(std::vector<Finding> condition, examine(context, instances[i], picture));
        add_new(picture.findings, std::move(by_council[picture.full_name()]));
        add_new(picture.findings, std::move(condition));
        critical_first(picture.findings);
        picture.health = topology::health_of(picture);
    }
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
