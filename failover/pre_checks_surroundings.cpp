#include "failover/pre_checks_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace redisctl::failover {

namespace {

// What the chart does with a switch that it did not make.
void check_system(const Facts& facts, Checks& out) {
    Verdicts(out, "system", {}, "one that keeps a switch",
             "the chart makes its master pod the master again at every restart and upgrade; the chart with Sentinel "
             "does not")
        .warn_unless(facts.picture.system != "bitnami-replication", facts.picture.system);
}

void check_other_nodes(const Pair& pair, Checks& out) {
    Verdicts others(out, "other-nodes", {}, "all answer",
                    "a silent node may be a master too: repair or remove it first");
    std::vector<std::string> silent;
    for (size_t i = 0; i < pair.facts.nodes.size(); i++) {
        const std::string& name = pair.facts.instance.nodes[i].name;
        if (name == pair.master_name() || name == pair.target_name || pair.facts.nodes[i].view) continue;
        silent.push_back(fmt::format("{}: {}", name, pair.facts.nodes[i].view.error().message));
    }
    others.good_if(silent.empty(), silent.empty() ? "all answer" : fmt::format("{}", fmt::join(silent, "; ")));
}

// What is needed is known by engine; both are asked for what is left of the way when one of them fails in the middle.
std::vector<std::string_view> commands_for(const Pair& pair, bool master, Mode mode) {
    if (mode == Mode::emergency) return {"replicaof"};
    const std::string& engine = pair.wish.engine;
    const bool by_sentinel =
        watched_by_sentinels(pair.facts) && engine != "sentinel-ahead" && engine != "sentinel-coordinated";
    const bool fenced = by_sentinel || pair.wish.engine == "fenced" ||
                        !why_no_failover_command(pair.facts, pair.target_name, pair.wish).empty();
    std::vector<std::string_view> names = {"replicaof", "psync"};
    if (master) {
        names.insert(names.end(), {"client|kill", "multi", "exec"});
        if (fenced) names.push_back("config|set");
        if (fenced && pair.wish.hold)
            names.push_back("client|pause");
        else if (!fenced)
            names.insert(names.end(), {"failover", "client|pause"});
    } else {
        names.push_back("wait");
        if (pair.wish.probe) names.push_back("set");
        if (!fenced) names.push_back("replconf");
    }
    return names;
}

void check_commands_of(const std::string& name, const NodeFacts& node, const std::vector<std::string_view>& needed,
                       Checks& out) {
    Verdicts commands(out, "commands", name, "all that are needed");
    if (!node.view) return commands.unknown(node.view.error());
    std::vector<std::string_view> missing, denied, unknown;
    for (const std::string_view command : needed) {
        const Ability can = ability(node, command);
        if (can == Ability::missing) missing.push_back(command);
        if (can == Ability::denied) denied.push_back(command);
        if (can == Ability::unknown) unknown.push_back(command);
    }
    if (!missing.empty())
        commands.hint("look for rename-command in its configuration")
            .block(fmt::format("renamed or disabled: {}", fmt::join(missing, ", ")));
    else if (!denied.empty())
        commands.hint(fmt::format("let an administrator run: ACL SETUSER {} +{}", node.user, fmt::join(denied, " +")))
            .block(fmt::format("not permitted to {}: {}", node.user, fmt::join(denied, ", ")));
    else if (!unknown.empty())
        commands.hint("permit +command|info +acl|whoami +acl|dryrun (before 7.0 +acl|getuser) to our user")
            .unknown(fmt::format("it does not tell about {}", fmt::join(unknown, ", ")));
    else
        commands.good_if(true, "all");
}

}  // namespace

void check_commands(const Pair& pair, Checks& out, Mode mode) {
    for (size_t i = 0; i < pair.facts.nodes.size(); i++) {
        const std::string& name = pair.facts.instance.nodes[i].name;
        const NodeFacts& node = pair.facts.nodes[i];
        if (name == pair.target_name)
            check_commands_of(name, node, commands_for(pair, false, mode), out);
        else if (name == pair.master_name() && mode == Mode::planned)
            check_commands_of(name, node, commands_for(pair, true, mode), out);
        else if (node.view)
            check_commands_of(name, node, {"replicaof"}, out);
    }
}

void check_other_operations(const Facts& facts, Checks& out) {
    Verdicts others(out, "other-redisctl", {}, "none at work", "wait until it is done; was it killed? redisctl resume");
    std::set<std::string> names;
    std::string unread;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const NodeFacts& node = facts.nodes[i];
        if (!node.view) continue;
        if (!node.company) {
            unread = fmt::format("{}: {}", facts.instance.nodes[i].name, shown(node.company.error()));
            continue;
        }
        names.insert(node.company->operations.begin(), node.company->operations.end());
    }
    if (names.empty() && !unread.empty()) return others.unknown(unread);
    others.good_if(names.empty(), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

void check_cluster_mode(const Facts& facts, Checks& out) {
    std::vector<std::string> members;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const NodeFacts& node = facts.nodes[i];
        if (node.view && (node.view->mode == "cluster" || redis::flag_of(node.info, "cluster_enabled") == true))
            members.push_back(facts.instance.nodes[i].name);
    }
    Verdicts(out, "cluster-mode", {}, "off", "redis-cli --cluster; CLUSTER FAILOVER on the replica")
        .good_if(members.empty(), members.empty() ? "off" : fmt::format("{}", fmt::join(members, ", ")));
}

void check_surroundings(const Pair& pair, Checks& out) {
    check_commands(pair, out, Mode::planned);
    check_other_nodes(pair, out);
    check_other_operations(pair.facts, out);
    check_sentinels(pair, out);
    check_cluster_mode(pair.facts, out);
    check_system(pair.facts, out);
}

}  // namespace redisctl::failover
