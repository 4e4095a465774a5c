#include "commands/status_tables.h"

#include "commands/node_cells.h"
#include "commands/replication_tree.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace redisctl {

std::string verdict(const topology::Picture& picture) {
    size_t replicas = 0, linked = 0, silent = 0;
    for (const topology::NodePicture& node : picture.nodes) {
        silent += !node.view;
        if (!node.view || node.view->role != redis::Role::replica) continue;
        replicas++;
        linked += node.view->link_up.value_or(false);
    }
    if (silent == picture.nodes.size()) return "unknown: no node answered";
    // Of the worst one about all of them, when there is one: "no node is a master", not which link that cost.
    const auto weight = [](const Finding& finding) { return std::pair(finding.severity, finding.node.empty()); };
    const auto worst = std::ranges::max_element(picture.findings, {}, weight);
    const std::string health(topology::health_name(picture.health));
    if (worst != picture.findings.end() && worst->severity != Severity::info) {
        const auto others = std::count_if(picture.findings.begin(), picture.findings.end(),
                                          [](const Finding& finding) { return finding.severity != Severity::info; }) -
                            1;
        return fmt::format("{}: {}{}", health, worst->message, others > 0 ? fmt::format(" (and {} more)", others) : "");
    }
    return fmt::format("{}: {} is the master, {} of {} replicas follow it", health, picture.master, linked, replicas);
}

namespace {

output::Table node_table(const topology::Picture& picture) {
    output::Table table{fmt::format("{}  {}\n{}", picture.full_name(), picture.system, verdict(picture)),
                        {{"NODE"},
                         {"ROLE"},
                         {"LINK"},
                         output::numbers("LAG"),
                         output::numbers("ACKED"),
                         {"VERSION"},
                         {"LABEL", output::Show::wide_only},
                         {"ADDRESS", output::Show::wide_only},
                         {"K8S-NODE", output::Show::wide_only}},
                        {}};
    for (const TreeLine& line : replication_tree(picture)) {
        const topology::NodePicture& node = *line.node;
        table.rows.push_back({line.prefix + node.name, role_cell(node), link_cell(node), lag_cell(node),
                              acked_cell(node), node.view ? node.view->version : std::string(), node.role_label,
                              node.address, node.k8s_node});
    }
    return table;
}

output::Table sentinel_table(const topology::Picture& picture) {
    output::Table table{"",
                        {{"SENTINEL"},
                         {"SAYS"},
                         output::numbers("EPOCH"),
                         output::numbers("QUORUM"),
                         {"KNOWS"},
                         {"FLAGS", output::Show::wide_only}},
                        {}};
    for (const topology::SentinelPicture& sentinel : picture.sentinels) {
        if (!sentinel.master) {
            table.rows.push_back(
                {sentinel.name,
                 output::Cell(sentinel.error ? std::string(sentinel.error->name()) : "watches another master",
                              output::Tone::bad),
                 {},
                 {},
                 {},
                 {}});
            continue;
        }
        const redis::SentinelMaster& master = *sentinel.master;
        table.rows.push_back({sentinel.name, sentinel.master_node.empty() ? master.host : sentinel.master_node,
                              master.config_epoch, master.quorum,
                              fmt::format("{} replicas, {} Sentinels", master.known_replicas.value_or(0),
                                          master.known_sentinels.value_or(0) + 1),
                              master.flags});
    }
    return table;
}

output::Table service_table(const topology::Picture& picture) {
    output::Table table{"",
                        {{"SERVICE"},
                         {"ROUTES-TO"},
                         {"READY"},
                         {"TYPE", output::Show::wide_only},
                         {"SELECTOR", output::Show::wide_only}},
                        {}};
    for (const topology::ServicePicture& service : picture.services)
        table.rows.push_back({service.name, service.routes_to, fmt::format("{}", fmt::join(service.ready, ",")),
                              service.type, fmt::format("{}", fmt::join(service.selector, ","))});
    return table;
}

}  // namespace

std::vector<output::Table> status_tables(const topology::Picture& picture) {
    std::vector<output::Table> tables{node_table(picture)};
    if (!picture.sentinels.empty()) tables.push_back(sentinel_table(picture));
    if (!picture.services.empty()) tables.push_back(service_table(picture));
    return tables;
}

}  // namespace redisctl
