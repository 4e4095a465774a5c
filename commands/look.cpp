#include "commands/look.h"

#include "redis/node_view.h"
#include "redis/sentinel_view.h"
#include "topology/join.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace redisctl {

namespace {

using Views = topology::Answers;

Result<redis::NodeView> node_view(const fleet::Outcome& outcome, const fleet::Node& node) {
    TRY(outcome.replies);
    TRY_ASSIGN(redis::NodeView view, redis::parse_node_view(*outcome.replies));
    if (view.role != redis::Role::sentinel) return view;
    return fail(Error{ErrorCode::protocol, fmt::format("{} is a Sentinel, not a Redis", node.name), {},
                      node.pod.empty() ? fmt::format("--sentinel {}", node.name) : std::string(), "SENTINEL"});
}

Result<redis::SentinelView> sentinel_view(const fleet::Outcome& outcome) {
    TRY(outcome.replies);
    return redis::parse_sentinel_view(*outcome.replies);
}

void ask_nodes(Context& context, std::vector<fleet::Instance>& instances, std::vector<Views>& views) {
    std::vector<fleet::Call> calls;
    for (size_t i = 0; i < instances.size(); i++) {
        for (size_t n = views[i].nodes.size(); n < instances[i].nodes.size(); n++) calls.push_back({&instances[i].nodes[n], redis::node_view_requests()});
        for (size_t n = views[i].sentinels.size(); n < instances[i].sentinels.size(); n++)
            calls.push_back({&instances[i].sentinels[n], redis::sentinel_view_requests()});
    }
    const std::vector<fleet::Outcome> outcomes = context.ask(calls);
    size_t next = 0;
    for (size_t i = 0; i < instances.size(); i++) {
        while (views[i].nodes.size() < instances[i].nodes.size()) {
            const fleet::Node& node = instances[i].nodes[views[i].nodes.size()];
            views[i].nodes.push_back(node_view(outcomes[next++], node));
        }
        while (views[i].sentinels.size() < instances[i].sentinels.size()) views[i].sentinels.push_back(sentinel_view(outcomes[next++]));
    }
}

// An address that a server reports is as that server sees it: its loopback is the host by which we reached it.
net::HostPort as_we_see(net::HostPort reported, const fleet::Node& reporter) {
    if (reported.host == "127.0.0.1" || reported.host == "::1" || reported.host == "localhost") reported.host = reporter.address.host;
    return reported;
}

std::vector<net::HostPort> reported_by(const redis::NodeView& view, const fleet::Node& node) {
    std::vector<net::HostPort> addresses;
    if (!view.master_host.empty() && view.master_port) addresses.push_back(as_we_see({view.master_host, static_cast<uint16_t>(*view.master_port)}, node));
    for (const redis::AttachedReplica& replica : view.replicas) addresses.push_back(as_we_see({replica.host, replica.port}, node));
    return addresses;
}

// The masters that the Sentinels watch under the wanted name; more than one name needs --master-name.
Result<std::vector<net::HostPort>> named_by_sentinels(const fleet::Instance& instance, const Views& views, const std::string& wanted) {
    std::vector<net::HostPort> addresses;
    std::set<std::string> names;
    for (size_t i = 0; i < views.sentinels.size(); i++) {
        if (!views.sentinels[i]) continue;
        for (const redis::SentinelMaster& master : views.sentinels[i]->masters) {
            names.insert(master.name);
            if (master.port && (wanted.empty() || master.name == wanted))
                addresses.push_back(as_we_see({master.host, static_cast<uint16_t>(*master.port)}, instance.sentinels[i]));
        }
    }
    if (names.empty() || (wanted.empty() && names.size() == 1)) return addresses;
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    if (wanted.empty())
        return fail(ErrorCode::not_found, "the Sentinels watch more than one master", "there are: " + list, fmt::format("--master-name {}", *names.begin()));
    if (!names.contains(wanted))
        return fail(ErrorCode::not_found, fmt::format("no Sentinel watches a master called {}", wanted), "there are: " + list, fmt::format("--master-name {}", *names.begin()));
    return addresses;
}

// Plain hosts: asks also what they report, until nothing new comes up. A replica chain is rarely deeper than this.
Result<void> follow_reports(Context& context, std::vector<fleet::Instance>& instances, std::vector<Views>& views) {
    constexpr int max_rounds = 4;
    fleet::Instance& instance = instances.front();
    for (int round = 0; round < max_rounds; round++) {
        TRY_ASSIGN(std::vector<net::HostPort> addresses, named_by_sentinels(instance, views.front(), context.globals().master_name));
        std::set<std::string> run_ids;
        for (size_t i = 0; i < instance.nodes.size(); i++) {
            if (!views.front().nodes[i]) continue;
            run_ids.insert(views.front().nodes[i]->run_id);
            for (net::HostPort& address : reported_by(*views.front().nodes[i], instance.nodes[i])) addresses.push_back(std::move(address));
        }
        const size_t before = instance.nodes.size();
        for (const net::HostPort& address : addresses) {
            const auto same = [&](const fleet::Node& node) { return node.address == address; };
            if (std::none_of(instance.nodes.begin(), instance.nodes.end(), same)) instance.nodes.push_back(fleet::host_node(address, fleet::NodeKind::redis));
        }
        if (instance.nodes.size() == before) break;
        ask_nodes(context, instances, views);
        // The same server under another name (localhost and 127.0.0.1) is not a second node.
        for (size_t i = instance.nodes.size(); i-- > before;) {
            const Result<redis::NodeView>& view = views.front().nodes[i];
            if (view && !view->run_id.empty() && !run_ids.insert(view->run_id).second) {
                instance.nodes.erase(instance.nodes.begin() + static_cast<std::ptrdiff_t>(i));
                views.front().nodes.erase(views.front().nodes.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
    }
    return {};
}

std::string key_of(const fleet::Instance& instance, const fleet::Node& node) { return instance.ns + "/" + node.name; }

// Kubernetes: Sentinels that stand alone belong to the instance whose master they watch; only they know. Their answers move with them.
void adopt_sentinels(fleet::Inventory& inventory, std::vector<Views>& views) {
    std::map<std::string, Result<redis::NodeView>> nodes;
    std::map<std::string, Result<redis::SentinelView>> sentinels;
    const auto keep_answers = [&] {
        for (size_t i = 0; i < inventory.instances.size(); i++) {
            const fleet::Instance& instance = inventory.instances[i];
            for (size_t n = 0; n < instance.nodes.size(); n++) nodes.emplace(key_of(instance, instance.nodes[n]), std::move(views[i].nodes[n]));
            for (size_t n = 0; n < instance.sentinels.size(); n++) sentinels.emplace(key_of(instance, instance.sentinels[n]), std::move(views[i].sentinels[n]));
        }
    };
    const auto watched_by = [&](const fleet::Instance& instance) {
        std::vector<net::HostPort> addresses;
        for (const fleet::Node& node : instance.sentinels) {
            const Result<redis::SentinelView>& view = sentinels.at(key_of(instance, node));
            if (!view) continue;
            for (const redis::SentinelMaster& master : view->masters)
                if (master.port) addresses.push_back({master.host, static_cast<uint16_t>(*master.port)});
        }
        return addresses;
    };
    const auto alone = [](const fleet::Instance& instance) { return instance.nodes.empty(); };
    if (std::none_of(inventory.instances.begin(), inventory.instances.end(), alone)) return;

    keep_answers();
    for (size_t i = 0; i < inventory.instances.size();) {
        if (alone(inventory.instances[i]) && fleet::join_by_sentinel(inventory, i, watched_by(inventory.instances[i]))) continue;
        i++;
    }
    views.assign(inventory.instances.size(), {});
    for (size_t i = 0; i < inventory.instances.size(); i++) {
        const fleet::Instance& instance = inventory.instances[i];
        for (const fleet::Node& node : instance.nodes) views[i].nodes.push_back(std::move(nodes.at(key_of(instance, node))));
        for (const fleet::Node& node : instance.sentinels) views[i].sentinels.push_back(std::move(sentinels.at(key_of(instance, node))));
    }
}

}  // namespace

Result<Look> look(Context& context) {
    Look result;
    TRY_ASSIGN(result.found, context.find(Context::Services::listed));
    std::vector<fleet::Instance>& instances = result.found.inventory.instances;
    std::vector<Views> views(instances.size());
    ask_nodes(context, instances, views);
    if (context.in_kubernetes()) adopt_sentinels(result.found.inventory, views);
    else TRY(follow_reports(context, instances, views));
    for (size_t i = 0; i < instances.size(); i++) result.pictures.push_back(topology::join(instances[i], views[i], context.globals().system));
    return result;
}

output::Document begin_document(std::string_view kind, const Context& context, const Look& look) {
    output::Document document(kind, context.kube_context());
    for (const topology::Picture& picture : look.pictures) {
        for (const topology::NodePicture& node : picture.nodes)
            if (node.error) document.add_error({picture.full_name(), node.name, *node.error});
        for (const topology::SentinelPicture& sentinel : picture.sentinels)
            if (sentinel.error) document.add_error({picture.full_name(), sentinel.name, *sentinel.error});
        for (const Finding& finding : picture.findings) document.add_finding(finding);
    }
    if (look.found.services_error)
        document.add_finding({"SERVICES_UNKNOWN", Severity::warning, "", "", fmt::format("Services are unknown: {}", look.found.services_error->message),
                              look.found.services_error->hint});
    return document;
}

void Answered::count(const std::optional<Error>& error) {
    if (!error) yes++;
    else no++;
    if (!error) return;
    denied += error->code == ErrorCode::unauthenticated || error->code == ErrorCode::forbidden;
    spoke += error->code == ErrorCode::server;
}

Answered count_answers(const Look& look) {
    Answered answered;
    for (const topology::Picture& picture : look.pictures) {
        for (const topology::NodePicture& node : picture.nodes) answered.count(node.error);
        for (const topology::SentinelPicture& sentinel : picture.sentinels) answered.count(sentinel.error);
    }
    return answered;
}

ExitCode shown(const Answered& answered) {
    if (answered.no == 0) return ExitCode::ok;
    if (answered.yes > 0) return ExitCode::partial;
    if (answered.denied > 0) return ExitCode::not_permitted;
    return answered.spoke > 0 ? ExitCode::bad_answer : ExitCode::unreachable;
}

ExitCode judged(const Answered& answered, const std::vector<Finding>& findings, const Globals& globals) {
    if (answered.yes == 0) return shown(answered);
    const Severity limit = globals.fail_on_warning ? Severity::warning : Severity::critical;
    const bool bad = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.severity >= limit; });
    return bad ? ExitCode::bad_answer : shown(answered);
}

}  // namespace redisctl
