#include "topology/findings.h"
#include "topology/lag.h"
#include "topology/role_labels.h"

#include <fmt/core.h>

#include <map>
#include <set>

namespace redisctl::topology {

namespace {

using redis::Role;

std::string master_text(const NodePicture& node) {
    if (!node.master_node.empty()) return node.master_node;
    return fmt::format("{}:{}", node.view->master_host, node.view->master_port.value_or(0));
}

void about_error(Findings& out, const std::string& name, const Error& error, const fleet::Node& node) {
    const char* code = "NODE_ERROR";
    if (error.reason == "NOT_RUNNING" || error.reason == "DIAGNOSTIC_MODE")
        code = "NODE_NOT_RUNNING";
    else if (error.reason == "LOADING")
        code = "LOADING";
    else if (error.code == ErrorCode::unreachable || error.code == ErrorCode::timeout ||
             error.code == ErrorCode::interrupted)
        code = "NODE_UNREACHABLE";
    else if (error.code == ErrorCode::unauthenticated || error.code == ErrorCode::forbidden)
        code = "NODE_DENIED";
    auto message = error.cause.empty() ? error.message : fmt::format("{} ({})", error.message, error.cause);
    out.add(Severity::critical, code, name, std::move(message), error.hint.empty() ? out.look_at(node) : error.hint);
}

void about_link(Findings& out, const fleet::Node& asked, const NodePicture& node) {
    const auto& view = *node.view;
    if (view.sync_in_progress == true) {
        out.add(Severity::warning, "REPLICA_SYNCING", node.name,
                fmt::format("{} is copying all data from {}: it cannot be promoted until it is done", node.name,
                            master_text(node)),
                out.command("replication-info"));
        return;
    }
    if (view.link_up != false) return;
    auto since = view.link_down_seconds ? fmt::format(" for {} s", *view.link_down_seconds) : std::string();
    out.add(Severity::critical, "REPLICA_LINK_DOWN", node.name,
            fmt::format("{} has no link to its master {}{}", node.name, master_text(node), since), out.look_at(asked));
}

void about_history(Findings& out, const NodePicture& node, const NodePicture* top) {
    const auto& view = *node.view;
    if (view.sync_in_progress == true || top == nullptr) return;
    const auto& master = *top->view;
    bool known = !view.replid.empty() && !master.replid.empty();
    if (known && view.link_up == false && !same_history(view, master)) {
        out.add(Severity::warning, "REPLICA_ON_OTHER_HISTORY", node.name,
                fmt::format("{} is on another replication history than {}: what only it has is lost when it follows "
                            "again, with a full copy",
                            node.name, top->name),
                out.command("replication-info"));
    } else if (view.link_up == true && !node.lag_bytes) {
        out.add(Severity::warning, "LAG_UNKNOWN", node.name,
                fmt::format("it is not known how far {} is behind {}", node.name, top->name),
                out.command("replica-lag"));
    }
}

void about_label(Findings& out, const NodePicture& node) {
    auto master = says_master(node.role_label);
    if (!master || node.view->role == Role::unknown || *master == (node.view->role == Role::master)) return;
    out.add(
        Severity::warning, "ROLE_LABEL_MISMATCH", node.name,
        fmt::format("pod {} is labelled {} but is a {}", node.pod, node.role_label, redis::role_name(node.view->role)),
        out.command("label sync --dry-run"));
}

}  // namespace

void find_about_nodes(Findings& out, const fleet::Instance& instance, const Picture& picture, const Graph& graph) {
    bool cluster = picture.system == "cluster-mode";
    bool has_master = false;
    for (const auto& node : picture.nodes) has_master = has_master || (node.view && node.view->role == Role::master);
    std::set<size_t> circling;
    for (const auto& circle : graph.loops) circling.insert(circle.begin(), circle.end());

    std::map<std::string, std::string> versions;
    for (size_t i = 0; i < picture.nodes.size(); i++) {
        const auto& node = picture.nodes[i];
        const auto& asked = instance.nodes[i];
        if (node.error) about_error(out, node.name, *node.error, asked);
        if (!node.view) continue;
        const auto& view = *node.view;
        if (graph.first[i] != i) {
            out.add(Severity::warning, "SAME_PROCESS", node.name,
                    fmt::format("{} and {} are the same process", picture.nodes[graph.first[i]].name, node.name),
                    out.command("info server"));
            continue;
        }
        if (!view.version.empty()) versions.try_emplace(view.server + " " + view.version, node.name);
        if (view.loading == true)
            out.add(view.role == Role::master ? Severity::critical : Severity::warning, "LOADING", node.name,
                    fmt::format("{} is loading its data and serves no commands yet", node.name),
                    out.command("info persistence"));
        if (!view.failover_state.empty() && view.failover_state != "no-failover")
            out.add(Severity::warning, "FAILOVER_IN_PROGRESS", node.name,
                    fmt::format("{} is in the middle of a failover: {}", node.name, view.failover_state),
                    out.command("role"));
        about_label(out, node);
        if (view.role != Role::replica) continue;
        about_link(out, asked, node);
        if (cluster) continue;
        if (view.read_only == false)
            out.add(
                Severity::warning, "WRITABLE_REPLICA", node.name,
                fmt::format(
                    "{} is a replica that takes writes: they are never replicated and vanish with its next full copy",
                    node.name),
                out.command("info replication"));
        const auto& followed = graph.master[i];
        if (followed && picture.nodes[*followed].view && picture.nodes[*followed].view->role == Role::replica &&
            circling.count(i) == 0)
            out.add(Severity::warning, "REPLICA_OF_REPLICA", node.name,
                    fmt::format("{} follows {}, which is a replica itself", node.name, picture.nodes[*followed].name),
                    out.cure_or("replication-info"));
        if (!followed && graph.leaving[i]) {
            const auto& leaving = instance.leaving[*graph.leaving[i]];
            out.add(Severity::critical, "MASTER_TERMINATING", node.name,
                    fmt::format("{} follows {}, which is being deleted{}", node.name, leaving.name,
                                view.link_up == true ? " and still answers it" : ""),
                    out.command("failover --dry-run"));
        } else if (!followed && !view.master_host.empty()) {
            const bool meant = view.link_up == true && !has_master;
            out.add(meant ? Severity::warning : Severity::critical, "ORPHAN", node.name,
                    fmt::format("{} follows {}, which is no node of this instance", node.name, master_text(node)),
                    meant ? out.command("role") : out.cure_or("role"));
        }
        auto end = graph.end[i];
        const auto* top = end.kind == ChainEnd::node && picture.nodes[end.last].view &&
                                  picture.nodes[end.last].view->role == Role::master
                              ? &picture.nodes[end.last]
                              : nullptr;
        about_history(out, node, top);
    }
    for (size_t i = 0; i < picture.sentinels.size(); i++)
        if (picture.sentinels[i].error)
            about_error(out, picture.sentinels[i].name, *picture.sentinels[i].error, instance.sentinels[i]);

    if (versions.size() > 1) {
        std::string list;
        for (const auto& [version, node] : versions)
            list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", version, node);
        out.add(Severity::warning, "MIXED_VERSIONS", "", "the nodes run different versions: " + list,
                out.command("version"));
    }
}

}  // namespace redisctl::topology
