#include "base/json_values.h"
#include "commands/command.h"
#include "commands/instance_json.h"
#include "commands/look.h"
#include "commands/node_cells.h"
#include "topology/service_verdict.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using topology::ServicePicture;
using topology::ServiceVerdict;

// A Redis, a Sentinel, or neither: a pod that is gone, or an address that is no pod's.
struct Endpoint {
    std::string name;
    bool ready = false;
    const topology::NodePicture* node = nullptr;
    bool sentinel = false;
};

template <class List>
auto named(const List& list, const std::string& name) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.name == name; });
    return found == list.end() ? nullptr : &*found;
}

std::vector<Endpoint> endpoints_of(const ServicePicture& service, const topology::Picture& picture) {
    std::vector<Endpoint> endpoints;
    for (const bool ready : {true, false})
        for (const std::string& name : ready ? service.ready : service.not_ready) {
            const topology::NodePicture* node = named(picture.nodes, name);
            endpoints.push_back({name, ready, node, !node && named(picture.sentinels, name)});
        }
    return endpoints;
}

Json endpoint_json(const Endpoint& endpoint) {
    const Json node = endpoint.node ? to_json(*endpoint.node) : Json();
    Json json{{"name", endpoint.name}};
    json["kind"] = endpoint.node ? "redis" : endpoint.sentinel ? "sentinel" : "other";
    json["ready"] = endpoint.ready;
    json["role"] = endpoint.node ? node.at("role") : Json("unknown");
    json["linkStatus"] = endpoint.node ? node.at("linkStatus") : Json(nullptr);
    return json;
}

Json service_json(const ServicePicture& service, const ServiceVerdict& verdict,
                  const std::vector<Endpoint>& endpoints) {
    Json json{{"name", service.name},
              {"type", service.type},
              {"selector", service.selector},
              {"routesTo", service.routes_to},
              {"verdict", text_or_null(verdict.word)},
              {"code", text_or_null(verdict.code)},
              {"endpoints", Json::array()}};
    for (const Endpoint& endpoint : endpoints) json["endpoints"].push_back(endpoint_json(endpoint));
    return json;
}

output::Cell verdict_cell(const ServiceVerdict& verdict) {
    using output::Tone;
    const bool bad = verdict.word == "critical";
    return {verdict.word, bad ? Tone::bad : verdict.word == "ok" ? Tone::good : Tone::warn};
}

output::Cell role_of(const Endpoint& endpoint) {
    if (endpoint.sentinel) return "sentinel";
    return endpoint.node ? role_cell(*endpoint.node) : output::Cell("?", output::Tone::warn);
}

output::Table table_of(const topology::Picture& picture) {
    using output::Show;
    return {heading(picture) + (picture.services.empty() ? "\nno Service selects its pods" : ""),
            {{"SERVICE"},
             {"TYPE"},
             {"ENDPOINT"},
             {"READY"},
             {"ROLE"},
             {"LINK"},
             {"VERDICT"},
             {"CODE", Show::wide_only},
             {"SELECTOR", Show::wide_only}},
            {}};
}

// One row an endpoint; a Service without any has one row all the same.
void add_rows(output::Table& table, const ServicePicture& service, const ServiceVerdict& verdict,
              const std::vector<Endpoint>& endpoints) {
    const std::string selector = fmt::format("{}", fmt::join(service.selector, ","));
    if (endpoints.empty())
        table.rows.push_back(
            {service.name, service.type, "", "", "", "", verdict_cell(verdict), verdict.code, selector});
    for (const Endpoint& endpoint : endpoints)
        table.rows.push_back(
            {service.name, service.type, endpoint.name,
             endpoint.ready ? output::Cell("yes", output::Tone::good) : output::Cell("no", output::Tone::warn),
             role_of(endpoint), endpoint.node ? link_cell(*endpoint.node) : output::Cell(), verdict_cell(verdict),
             verdict.code, selector});
}

Result<ExitCode> run(Context& context) {
    if (context.globals().without_kubernetes())
        return fail(ErrorCode::not_found, "plain hosts have no Services",
                    "Services are Kubernetes objects, and --host and --sentinel look at no Kubernetes",
                    "redisctl services -n NAMESPACE; of plain hosts redisctl status says what is to be known");
    TRY_ASSIGN(const Look seen, look(context));
    if (seen.found.services_error) return fail(*seen.found.services_error);
    output::Document document = begin_document("Services", context, seen);
    for (const topology::Picture& picture : seen.pictures) {
        Json item{{"instance", picture.name}, {"namespace", text_or_null(picture.ns)}};
        item["master"] = text_or_null(picture.master);
        item["services"] = Json::array();
        output::Table table = table_of(picture);
        for (const ServicePicture& service : picture.services) {
            const ServiceVerdict verdict = topology::verdict_of(service, picture);
            const std::vector<Endpoint> endpoints = endpoints_of(service, picture);
            item["services"].push_back(service_json(service, verdict, endpoints));
            add_rows(table, service, verdict, endpoints);
            document.add_name(service.name);
        }
        document.add_item(std::move(item));
        document.add_table(std::move(table));
    }
    TRY(context.output().print(document));
    return judged(count_answers(seen), document.findings(), context.globals());
}

void bind(Spec& spec) {
    spec.examples = {"redisctl services", "redisctl services -A --fail-on warning",
                     "redisctl services --instance redis -o wide"};
    spec.run = run;
}

}  // namespace

extern const Command services_command{
    "services",   Group::judge, "Show what each Service is for, who is behind it, and whether it leads where it should",
    Uses::target, {},           bind,
    "Services"};

}  // namespace redisctl
