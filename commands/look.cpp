#include "commands/look.h"

#include "commands/operators.h"
#include "commands/reported_nodes.h"
#include "commands/views.h"
#include "redis/node_view.h"
#include "redis/sentinel_view.h"
#include "topology/join.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace redisctl {

namespace {

std::string key_of(const fleet::Instance& instance, const fleet::Node& node) {
    return instance.ns + "/" + node.name;
}

// Kubernetes: Sentinels that stand alone belong to the instance whose master they watch; only they know. Their answers
// move with them.
void adopt_sentinels(fleet::Inventory& inventory, std::vector<Views>& views) {
    std::map<std::string, Result<redis::NodeView>> nodes;
    std::map<std::string, Result<redis::SentinelView>> sentinels;
    const auto keep_answers = [&] {
        for (size_t i = 0; i < inventory.instances.size(); i++) {
            const fleet::Instance& instance = inventory.instances[i];
            for (size_t n = 0; n < instance.nodes.size(); n++)
                nodes.emplace(key_of(instance, instance.nodes[n]), std::move(views[i].nodes[n]));
            for (size_t n = 0; n < instance.sentinels.size(); n++)
                sentinels.emplace(key_of(instance, instance.sentinels[n]), std::move(views[i].sentinels[n]));
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
        if (alone(inventory.instances[i]) && fleet::join_by_sentinel(inventory, i, watched_by(inventory.instances[i])))
            continue;
        i++;
    }
    views.assign(inventory.instances.size(), {});
    for (size_t i = 0; i < inventory.instances.size(); i++) {
        const fleet::Instance& instance = inventory.instances[i];
        for (const fleet::Node& node : instance.nodes)
            views[i].nodes.push_back(std::move(nodes.at(key_of(instance, node))));
        for (const fleet::Node& node : instance.sentinels)
            views[i].sentinels.push_back(std::move(sentinels.at(key_of(instance, node))));
    }
}

}  // namespace

Result<Look> look(Context& context) {
    Look result;
    TRY_ASSIGN(result.found, context.find(Context::Services::listed));
    std::vector<fleet::Instance>& instances = result.found.inventory.instances;
    std::vector<Views> views(instances.size());
    FailoverSpecs specs(context, instances);
    ask_views(context, instances, views);
    if (context.in_kubernetes())
        adopt_sentinels(result.found.inventory, views);
    else
        TRY(ask_reported_nodes(context, instances, views));
    for (size_t i = 0; i < instances.size(); i++)
        result.pictures.push_back(topology::join(instances[i], views[i], context.globals().system));
    if (context.globals().system.empty()) TRY(specs.add_to(result.pictures, instances));
    return result;
}

Result<Look> look_at_one(Context& context, std::string_view why) {
    TRY_ASSIGN(Look seen, look(context));
    const std::vector<fleet::Instance>& instances = seen.found.inventory.instances;
    if (instances.size() == 1) return seen;
    std::string names;
    for (const fleet::Instance& instance : instances) names += (names.empty() ? "" : ", ") + instance.full_name();
    return fail(ErrorCode::not_found, fmt::format("there are {} instances, and {}", instances.size(), why),
                "there are: " + names, fmt::format("--instance {}", instances.front().name));
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
        document.add_finding({"SERVICES_UNKNOWN", Severity::warning, "", "",
                              fmt::format("Services are unknown: {}", look.found.services_error->message),
                              look.found.services_error->hint});
    return document;
}

void Answered::count(const std::optional<Error>& error) {
    if (!error)
        yes++;
    else
        no++;
    if (!error) return;
    denied += error->code == ErrorCode::unauthenticated || error->code == ErrorCode::forbidden;
    spoke += error->code == ErrorCode::server;
    missing += error->code == ErrorCode::not_found;
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
    if (answered.missing == answered.no) return ExitCode::not_found;
    return answered.spoke > 0 ? ExitCode::bad_answer : ExitCode::unreachable;
}

ExitCode judged(const Answered& answered, const std::vector<Finding>& findings, const Globals& globals) {
    if (answered.yes == 0) return shown(answered);
    const Severity limit = globals.fail_on_warning ? Severity::warning : Severity::critical;
    const bool bad = std::any_of(findings.begin(), findings.end(),
                                 [&](const Finding& finding) { return finding.severity >= limit; });
    return bad ? ExitCode::bad_answer : shown(answered);
}

}  // namespace redisctl
