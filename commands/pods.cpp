#include "base/json_values.h"
#include "commands/command.h"
#include "commands/look.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

const kube::Pod* pod_of(const fleet::Instance& instance, const fleet::Node& node) {
    const auto found = std::find_if(instance.pods.begin(), instance.pods.end(), [&](const kube::Pod* pod) {
        return pod->meta.name == node.pod && pod->meta.ns == node.ns;
    });
    return found == instance.pods.end() ? nullptr : *found;
}

int64_t restarts(const kube::Pod& pod) {
    int64_t sum = 0;
    for (const kube::ContainerStatus& status : pod.statuses) sum += status.restarts;
    return sum;
}

Json node_json(const Context& context, const fleet::Node& node, const kube::Pod* pod) {
    const kube::OwnerReference owner =
        pod && !pod->meta.owners.empty() ? pod->meta.owners.front() : kube::OwnerReference{};
    Json json{{"name", node.name}, {"pod", text_or_null(node.pod)}};
    json["kind"] = node.kind == fleet::NodeKind::sentinel ? "sentinel" : "redis";
    json["phase"] = pod ? text_or_null(pod->phase) : Json(nullptr);
    json["ready"] = pod ? Json(pod->ready) : Json(nullptr);
    json["restarts"] = pod ? Json(restarts(*pod)) : Json(nullptr);
    json["k8sNode"] = text_or_null(node.k8s_node);
    json["address"] = node.address.host.empty() ? Json(nullptr) : Json(net::to_string(node.address));
    json["route"] = context.route();
    json["tls"] = node.tls.enabled;
    json["passwordSource"] = context.password_source(node);
    json["ownerKind"] = text_or_null(owner.kind);
    json["owner"] = text_or_null(owner.name);
    json["error"] =
        node.not_running ? output::to_json(output::ErrorItem{"", node.name, *node.not_running}) : Json(nullptr);
    return json;
}

Result<ExitCode> run(Context& context) {
    TRY_ASSIGN(const fleet::Found found, context.find());
    output::Document document("PodList", context.kube_context());
    for (const fleet::Instance& instance : found.inventory.instances) {
        Json item{{"instance", instance.name}, {"namespace", text_or_null(instance.ns)}, {"nodes", Json::array()}};
        output::Table table{instance.full_name(),
                            {{"NODE"},
                             {"PodList"},
                             {"PHASE"},
                             {"READY"},
                             output::numbers("RESTARTS"),
                             {"ADDRESS"},
                             {"ROUTE"},
                             {"TLS"},
                             {"K8S-NODE", output::Show::wide_only},
                             {"PASSWORD", output::Show::wide_only},
                             {"OWNER", output::Show::wide_only}},
                            {}};
        const auto add = [&](const fleet::Node& node) {
            const Json json = node_json(context, node, pod_of(instance, node));
            const auto cell = [&](const char* key) {
                return json.at(key).is_string() ? json.at(key).get<std::string>() : std::string();
            };
            const output::Cell ready = json.at("ready").is_null()     ? output::Cell()
                                       : json.at("ready").get<bool>() ? output::Cell("yes", output::Tone::good)
                                                                      : output::Cell("no", output::Tone::bad);
            const std::string owner =
                cell("owner").empty() ? "" : fmt::format("{}/{}", cell("ownerKind"), cell("owner"));
            table.rows.push_back({node.name, cell("kind"),
                                  node.not_running ? output::Cell(node.not_running->reason, output::Tone::bad)
                                                   : output::Cell(cell("phase")),
                                  ready, json.at("restarts").is_null() ? std::string() : json.at("restarts").dump(),
                                  cell("address"), cell("route"), node.tls.enabled ? "yes" : "no", cell("k8sNode"),
                                  cell("passwordSource"), owner});
            document.add_name(node.name);
            item["nodes"].push_back(json);
        };
        for (const fleet::Node& node : instance.nodes) add(node);
        for (const fleet::Node& node : instance.sentinels) add(node);
        document.add_item(std::move(item));
        document.add_table(std::move(table));
    }
    TRY(context.output().print(document));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    spec.examples = {"redisctl pods", "redisctl pods -A -o wide",
                     "redisctl pods -l app.kubernetes.io/instance=cache -o name"};
    spec.run = run;
}

}  // namespace

extern const Command pods_command{
    "pods",       Group::look, "Show which nodes were found, how they are reached and where their passwords come from",
    Uses::target, {},          bind,
    "PodList"};

}  // namespace redisctl
