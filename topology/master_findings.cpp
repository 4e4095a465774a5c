#include "topology/findings.h"
#include "topology/home.h"
#include "topology/system.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace redisctl::topology {

namespace {

using redis::Role;

std::string witnesses_text(const Picture& picture) {
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::string>> by_word;
    for (const auto& witness : picture.witnesses) {
        auto& list = by_word[witness.says];
        if (list.empty()) order.push_back(witness.says);
        list.push_back(fmt::format("{} {}", witness.source, witness.by));
    }
    std::string out;
    for (const auto& word : order)
        out += fmt::format("{}{} say{} {}", out.empty() ? "" : "; ", some_of(by_word[word]),
                           by_word[word].size() == 1 ? "s" : "", word);
    return out;
}

// Whether they still take writes is not known: they are no nodes any more, and not asked.
std::vector<std::string> followed_and_leaving(const fleet::Instance& instance, const Graph& graph) {
    std::set<std::string> names;
    for (const auto& leaving : graph.leaving)
        if (leaving) names.insert(instance.leaving[*leaving].name);
    return {names.begin(), names.end()};
}

void about_count(Findings& out, const fleet::Instance& instance, const Picture& picture, const Graph& graph,
                 const std::vector<size_t>& masters) {
    std::vector<std::string> names, silent, answered;
    for (auto i : masters) names.push_back(picture.nodes[i].name);
    for (const auto& node : picture.nodes) (node.view ? answered : silent).push_back(node.name);
    if (picture.system == "unrelated-masters") {
        out.add(Severity::critical, "UNRELATED_MASTERS", "",
                fmt::format("{} are masters without replicas behind one Service: each client reads and writes one of "
                            "them by chance",
                            some_of(names)),
                out.command("role"));
    } else if (masters.size() > 1) {
        out.add(Severity::critical, "SPLIT_BRAIN", "",
                fmt::format("{} nodes are masters at once: {}; what one of them takes, the others do not get",
                            masters.size(), some_of(names)),
                out.cure_or("heal"));
    } else if (masters.empty() && picture.master.empty() && !answered.empty()) {
        const auto leaving = followed_and_leaving(instance, graph);
        auto message = !silent.empty()
                           ? fmt::format("no node that answered is a master; no answer from {}", some_of(silent))
                       : leaving.empty() ? fmt::format("no node is a master: every write is refused")
                                         : fmt::format("no node is a master");
        if (!leaving.empty()) message += fmt::format("; being deleted, and followed: {}", some_of(leaving));
        out.add(Severity::critical, "NO_MASTER", "", std::move(message),
                leaving.empty() ? out.cure_or("failover") : out.command("failover --dry-run"));
    }
    if (masters.size() == 1 && picture.nodes.size() == 1 &&
        picture.nodes.front().view->connected_replicas.value_or(0) == 0)
        out.add(
            Severity::info, "NO_REPLICAS", names.front(),
            fmt::format("{} has no replica: nothing can take over, and nothing else holds its data", names.front()));
}

void about_home(Findings& out, const fleet::Instance& instance, const Picture& picture,
                const std::vector<size_t>& masters) {
    if (masters.size() != 1) return;
    const auto& node = instance.nodes[masters.front()];
    const bool has_home = picture.system == "sb-replica" || picture.system == "bitnami-replication";
    if (!has_home || node.pod.empty() || node.pod == home_pod(instance, picture.system)) return;
    out.add(Severity::critical, "HOME_DRIFT", node.name,
            fmt::format("{} is the master, but the chart makes another pod the master at every start: the restart of "
                        "any pod can undo this and lose what was written since",
                        node.name),
            out.command("return-home"));
}

}  // namespace

void find_about_master(Findings& out, const fleet::Instance& instance, const Picture& picture, const Graph& graph) {
    if (picture.system == "cluster-mode") {
        out.add(Severity::warning, "CLUSTER_MODE", "",
                "this is a Redis Cluster: it has a master for each part of the keys, and redisctl does not judge or "
                "change it",
                out.command("info cluster"));
        return;
    }
    auto masters = masters_of(picture, graph);
    about_count(out, instance, picture, graph, masters);
    bool agree = std::all_of(picture.witnesses.begin(), picture.witnesses.end(),
                             [&](const auto& witness) { return witness.says == picture.witnesses.front().says; });
    if (!agree && picture.system != "unrelated-masters")
        out.add(Severity::critical, "MASTER_DISAGREEMENT", "",
                "the witnesses name different masters: " + witnesses_text(picture), out.command("master-info"));
    for (const auto& circle : graph.loops) {
        std::vector<std::string> names;
        for (auto i : circle) names.push_back(picture.nodes[i].name);
        if (circle.size() == 1)
            out.add(Severity::critical, "SELF_FOLLOWING", names.front(),
                    fmt::format("{} is told to follow itself: it has no master and refuses writes", names.front()),
                    out.cure_or("role"));
        else
            out.add(Severity::critical, "REPLICATION_LOOP", "",
                    fmt::format("{} follow each other in a circle: none of them has a master, and all refuse writes",
                                some_of(names)),
                    out.cure_or("role"));
    }
    about_home(out, instance, picture, masters);
}

}  // namespace redisctl::topology
