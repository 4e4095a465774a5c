#include "topology/service_verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace redisctl::topology {

namespace {

// Which master a Service leads to says little while these stand.
constexpr std::array<std::string_view, 3> master_in_doubt = {"UNRELATED_MASTERS", "SPLIT_BRAIN", "MASTER_DISAGREEMENT"};

// By the word of the nodes and Sentinels: labels and other Services that say otherwise are wrong themselves.
bool leads_to_the_master(const ServicePicture& service, const Picture& picture) {
    return service.ready.size() == 1 &&
           std::all_of(picture.witnesses.begin(), picture.witnesses.end(), [&](const Witness& witness) {
               return (witness.source != "role" && witness.source != "sentinel") ||
                      witness.says == service.ready.front();
           });
}

}  // namespace

std::optional<ServiceFault> fault_of(const ServicePicture& service, const Picture& picture) {
    if (picture.system == "cluster-mode") return std::nullopt;
    const bool master = service.type == "master";
    const Severity severity = master ? Severity::critical : Severity::warning;
    if (service.routes_to == "nothing" && service.type != "other" && service.type != "headless") {
        const char* loss = master ? ": who writes through it fails" : "";
        return ServiceFault{severity, "SERVICE_WITHOUT_ENDPOINTS",
                            fmt::format("Service {} leads to nothing{}", service.name, loss)};
    }
    // Called after the master, with labels that never move: Sentinel's clients go another way, the others are led
    // astray.
    const bool only_called_so = service.type == "other" && !picture.sentinels.empty() && service.name.size() > 7 &&
                                service.name.ends_with("-master");
    if (!master && !only_called_so) return std::nullopt;
    if (service.routes_to != "replica" && service.routes_to != "all") return std::nullopt;
    std::string replicas;
    for (const NodePicture& node : picture.nodes)
        if (node.view && node.view->role == redis::Role::replica &&
            std::find(service.ready.begin(), service.ready.end(), node.name) != service.ready.end())
            replicas += (replicas.empty() ? "" : ", ") + node.name;
    return ServiceFault{severity, "SERVICE_ROUTES_TO_REPLICA",
                        fmt::format("Service {} leads to {}, which refuses writes", service.name, replicas)};
}

ServiceVerdict verdict_of(const ServicePicture& service, const Picture& picture) {
    if (const auto fault = fault_of(service, picture)) return {severity_name(fault->severity), fault->code};
    if (picture.system == "cluster-mode" || service.type == "other" || service.type == "headless") return {};
    if (service.routes_to == "unknown") return {"unknown", {}};
    if (service.routes_to != "master" || leads_to_the_master(service, picture)) return {"ok", {}};
    const auto doubt = std::find_if(picture.findings.begin(), picture.findings.end(), [](const Finding& finding) {
        return std::find(master_in_doubt.begin(), master_in_doubt.end(), finding.code) != master_in_doubt.end();
    });
    if (doubt == picture.findings.end()) return {"unknown", {}};
    return {severity_name(doubt->severity), doubt->code};
}

}  // namespace redisctl::topology
