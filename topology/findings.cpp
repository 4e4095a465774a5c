#include "topology/findings.h"

#include "topology/system.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace redisctl::topology {

void Findings::add(Severity severity, std::string code, std::string node, std::string message, std::string hint) {
    list_.push_back(
        {std::move(code), severity, picture_.full_name(), std::move(node), std::move(message), std::move(hint)});
}

std::string Findings::command(std::string_view subcommand) const {
    auto out = fmt::format("redisctl {}", subcommand);
    if (!instance_.ns.empty()) return out + fmt::format(" -n {} --instance {}", instance_.ns, instance_.name);
    // A line to paste has to end somewhere; what the first hosts report is asked too.
    constexpr size_t enough = 3;
    for (size_t i = 0; i < std::min(enough, instance_.nodes.size()); i++) out += " --host " + instance_.nodes[i].name;
    for (size_t i = 0; i < std::min(enough, instance_.sentinels.size()); i++)
        out += " --sentinel " + instance_.sentinels[i].name;
    return out;
}

std::string Findings::cure_or(std::string_view subcommand) const {
    const bool ours = instance_.sentinels.empty() && !decided_elsewhere(picture_.system);
    return command(ours ? "heal" : subcommand);
}

std::string Findings::look_at(const fleet::Node& node) const {
    if (!node.pod.empty()) return fmt::format("kubectl logs -n {} {} --all-containers --tail=50", node.ns, node.pod);
    return fmt::format("redisctl info replication --host {}", node.name);
}

std::string Findings::kubectl(std::string_view arguments) const {
    return instance_.ns.empty() ? std::string() : fmt::format("kubectl {} -n {}", arguments, instance_.ns);
}

std::vector<Finding> Findings::take() {
    critical_first(list_);
    return std::move(list_);
}

std::string some_of(const std::vector<std::string>& names) {
    constexpr size_t enough = 5;
    std::string out;
    for (size_t i = 0; i < std::min(enough, names.size()); i++) out += (i == 0 ? "" : ", ") + names[i];
    return names.size() > enough ? out + fmt::format(" and {} more", names.size() - enough) : out;
}

Health health_of(const Picture& picture) {
    if (std::none_of(picture.nodes.begin(), picture.nodes.end(),
                     [](const auto& node) { return node.view.has_value(); }))
        return Health::unknown;
    auto worst = Severity::info;
    for (const auto& finding : picture.findings) worst = std::max(worst, finding.severity);
    return worst == Severity::critical  ? Health::critical
           : worst == Severity::warning ? Health::degraded
                                        : Health::healthy;
}

}  // namespace redisctl::topology
