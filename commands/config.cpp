#include "base/text.h"
#include "commands/ask_each.h"
#include "commands/command.h"
#include "commands/parameters.h"
#include "commands/side_by_side.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> patterns;
    bool own_too = false;
};

// They name the node itself or whom it follows, so that nodes differ in them by right. Redis 5.0–8.2, Valkey 8.
constexpr std::array<std::string_view, 14> kOwn{"replicaof",
                                                "slaveof",
                                                "replica-announce-ip",
                                                "slave-announce-ip",
                                                "replica-announce-port",
                                                "slave-announce-port",
                                                "cluster-announce-ip",
                                                "cluster-announce-port",
                                                "cluster-announce-bus-port",
                                                "cluster-announce-tls-port",
                                                "cluster-announce-hostname",
                                                "cluster-announce-human-nodename",
                                                "bind",
                                                "port"};

using ByNode = std::vector<std::pair<const AskedNode*, Result<Parameters>>>;

// Those that not all of the answering nodes of the instance have with the same value.
std::set<std::string> differing(const ByNode& nodes, const fleet::Instance* instance, bool own_too) {
    const Parameters* first = nullptr;
    std::set<std::string> names;
    for (const auto& [node, parameters] : nodes) {
        if (node->instance != instance || !parameters) continue;
        if (first == nullptr) {
            first = &*parameters;
            continue;
        }
        for (const auto& [name, value] : *parameters)
            if (const auto there = first->find(name); there == first->end() || there->second != value)
                names.insert(name);
        for (const auto& [name, value] : *first)
            if (!parameters->contains(name)) names.insert(name);
    }
    if (!own_too)
        for (const std::string_view name : kOwn) names.erase(std::string(name));
    return names;
}

Result<ExitCode> show(Context& context, const Options& options, bool only_differences) {
    TRY_ASSIGN(const Asked asked, ask_each(context, {}, parameter_requests(options.patterns), Sentinels::left_out));
    ByNode nodes;
    for (const AskedNode& node : asked.nodes) nodes.emplace_back(&node, parameters_of(node));
    output::Document document(only_differences ? "ConfigDiff" : "Config", context.kube_context());
    std::map<const fleet::Instance*, SideBySide> tables;
    std::map<const fleet::Instance*, std::set<std::string>> wanted;
    bool differs = false;
    for (const fleet::Instance& instance : asked.found.inventory.instances)
        if (only_differences) wanted[&instance] = differing(nodes, &instance, options.own_too);
    const auto fill = [&](const AskedNode& node, Row row) -> std::optional<Error> {
        const auto& [asked_node, parameters] = nodes[static_cast<size_t>(&node - asked.nodes.data())];
        row.json["parameters"] = parameters ? Json(Json::object()) : Json(nullptr);
        if (!parameters) return parameters.error();
        SideBySide& table = tables[node.instance];
        table.add_node(node.node->name);
        for (const auto& [name, value] : *parameters) {
            if (only_differences && !wanted[node.instance].contains(name)) continue;
            differs |= only_differences;
            row.json["parameters"][name] = shown_value(name, value);
            table.add({}, name, shown_value(name, value));
        }
        return std::nullopt;
    };
    const Answered answered = fill_rows(document, asked, {}, fill);
    for (const fleet::Instance& instance : asked.found.inventory.instances)
        if (tables.contains(&instance)) document.add_table(tables.at(&instance).table(instance.full_name()));
    TRY(context.output().print(document));
    return differs ? ExitCode::bad_answer : shown(answered);
}

void bind_patterns(Spec& spec, Options& options) {
    spec.positionals = {{"PARAMETER", "Parameters, or patterns of them (maxmemory*); all when none is named",
                         &options.patterns, false, true, ""}};
}

void bind_get(Spec& spec) {
    auto options = std::make_shared<Options>();
    bind_patterns(spec, *options);
    spec.examples = {"redisctl config get maxmemory maxmemory-policy", "redisctl config get 'repl*' --node redis-0",
                     "redisctl config get --json"};
    spec.run = [options](Context& context) { return show(context, *options, false); };
}

void bind_diff(Spec& spec) {
    auto options = std::make_shared<Options>();
    bind_patterns(spec, *options);
    spec.options = {{"--own", "", "Also what names the node itself: replicaof, bind, port, announced addresses",
                     &options->own_too}};
    spec.examples = {"redisctl config diff", "redisctl config diff 'client-*' --own"};
    spec.run = [options](Context& context) { return show(context, *options, true); };
}

}  // namespace

extern const Command config_get_command{
    "config get", Group::inspect,   "Show parameters of every node side by side, passwords hidden",
    Uses::target, {"redis-config"}, bind_get,
    "Config"};

extern const Command config_diff_command{
    "config diff", Group::judge, "Show in which parameters the nodes differ; exit 1 when there are any",
    Uses::target,  {},           bind_diff,
    "ConfigDiff"};

}  // namespace redisctl
