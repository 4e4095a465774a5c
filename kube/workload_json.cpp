// What a failover asks of the surroundings of its pods: their StatefulSet, disruption budgets and machines.
#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/objects.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl::kube {

namespace {

using nlohmann::json;

DisruptionBudget disruption_budget(const json& in) {
    const json& status = member(in, "status");
    DisruptionBudget out;
    out.meta = meta_of(in);
    out.selector = label_selector(member(member(in, "spec"), "selector"));
    out.disruptions_allowed = integer_at(status, "disruptionsAllowed");
    out.current_healthy = integer_at(status, "currentHealthy");
    out.desired_healthy = integer_at(status, "desiredHealthy");
    return out;
}

bool meets(const Labels& labels, const LabelSelector::Requirement& requirement) {
    const auto found = labels.find(requirement.key);
    const bool has = found != labels.end();
    const bool among = has && std::find(requirement.values.begin(), requirement.values.end(), found->second) !=
                                  requirement.values.end();
    if (requirement.op == "In") return among;
    if (requirement.op == "NotIn") return !among;
    if (requirement.op == "Exists") return has;
    return requirement.op == "DoesNotExist" && !has;
}

}  // namespace

LabelSelector label_selector(const json& in) {
    LabelSelector out;
    out.present = in.is_object();
    out.match = texts_by_name_at(in, "matchLabels");
    for (const json& one : list_at(in, "matchExpressions"))
        out.requirements.push_back({text_at(one, "key"), text_at(one, "operator"), texts_at(one, "values")});
    return out;
}

bool LabelSelector::selects(const Labels& labels) const {
    if (!present) return false;
    for (const auto& [key, value] : match)
        if (const auto found = labels.find(key); found == labels.end() || found->second != value) return false;
    return std::all_of(requirements.begin(), requirements.end(),
                       [&](const Requirement& requirement) { return meets(labels, requirement); });
}

bool StatefulSet::settled() const {
    // With OnDelete or a partition the newest revision waits for somebody's decision; that is no roll-out under way.
    const bool rolling =
        update_strategy != "OnDelete" && current_revision != update_revision && updated_replicas < replicas;
    return observed_generation >= generation && ready_replicas >= replicas && !rolling;
}

Result<StatefulSet> parse_stateful_set(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "StatefulSet"));
    const json& spec = member(object, "spec");
    const json& status = member(object, "status");
    StatefulSet out;
    out.meta = meta_of(object);
    out.generation = integer_at(member(object, "metadata"), "generation");
    out.observed_generation = integer_at(status, "observedGeneration");
    if (member(spec, "replicas").is_number_integer()) out.replicas = integer_at(spec, "replicas");
    out.ready_replicas = integer_at(status, "readyReplicas");
    out.updated_replicas = integer_at(status, "updatedReplicas");
    out.current_revision = text_at(status, "currentRevision");
    out.update_revision = text_at(status, "updateRevision");
    out.update_strategy = text_at(member(spec, "updateStrategy"), "type");
    out.has_volume_claims = !list_at(spec, "volumeClaimTemplates").empty();
    return out;
}

Result<Page<DisruptionBudget>> parse_disruption_budgets(std::string_view text) {
    return read_page(text, "PodDisruptionBudgetList", disruption_budget);
}

Result<K8sNode> parse_k8s_node(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "Node"));
    const json& spec = member(object, "spec");
    K8sNode out;
    out.meta = meta_of(object);
    out.unschedulable = flag_at(spec, "unschedulable");
    for (const json& condition : list_at(member(object, "status"), "conditions"))
        if (text_at(condition, "type") == "Ready") out.ready = text_at(condition, "status");
    for (const json& taint : list_at(spec, "taints"))
        out.taints.push_back({text_at(taint, "key"), text_at(taint, "value"), text_at(taint, "effect")});
    return out;
}

}  // namespace redisctl::kube
