#include "failover/facts.h"

#include "base/text.h"
#include "topology/addresses.h"
#include "topology/graph.h"
#include "topology/lag.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace redisctl::failover {

namespace {

using redis::AttachedReplica;
using redis::NodeView;
using redis::Role;

// Whom a replica follows, as far as nobody we heard is behind that name.
std::string silent_master(const Facts& facts, size_t replica) {
    const NodeView& view = *facts.nodes[replica].view;
    const std::string& name = facts.picture.nodes[replica].master_node;
    if (!name.empty()) return facts.view_of(name) == nullptr ? name : std::string();
    if (view.master_host.empty()) return {};
    const int64_t port = view.master_port.value_or(0);
    // It may have been silent when the picture was made, and answer now.
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const fleet::Node& node = facts.instance.nodes[i];
        if (node.address.host != view.master_host || node.address.port != port) continue;
        return facts.nodes[i].view ? std::string() : node.name;
    }
    return fmt::format("{}:{}", view.master_host, port);
}

// Whom it follows leads back to it, and all Sentinels that watch go on calling it the master: a manifest made it a
// replica at its start. In a circle that none of them speaks for, nobody knows who was the master.
bool circles_as_their_master(const Facts& facts, size_t start) {
    const std::string& name = facts.instance.nodes[start].name;
    bool named = false;
    for (const topology::SentinelPicture& sentinel : facts.picture.sentinels) {
        if (!sentinel.master) continue;
        if (sentinel.master_node != name) return false;
        named = true;
    }
    if (!named) return false;
    const topology::Answers answers = answers_of(facts);
    const topology::AddressBook book(facts.instance, answers);
    const auto loops = topology::make_graph(facts.instance, answers, book).loops;
    const size_t first = book.first_of(start);
    return std::ranges::any_of(
        loops, [&](const auto& circle) { return std::ranges::find(circle, first) != circle.end(); });
}

// replica-announce-ip is what the master lists, whatever it connects from.
bool announces(const NodeFacts& node, const AttachedReplica& line) {
    if (!node.settings || !node.view) return false;
    const auto& values = node.settings->values;
    const auto host = values.find("replica-announce-ip"), port = values.find("replica-announce-port");
    if (host == values.end() || host->second.empty() || lower(host->second) != lower(line.host)) return false;
    const bool own_port = port == values.end() || port->second == "0";
    const auto wanted = own_port ? node.view->tcp_port : parse_int(port->second);
    return wanted == line.port;
}

std::optional<std::vector<int64_t>> numbers_of(std::string_view version) {
    std::vector<int64_t> numbers;
    for (const std::string_view part : split(version, '.')) {
        const auto digits = part.substr(0, part.find_first_not_of("0123456789"));
        const auto number = parse_int(digits);
        if (!number) return std::nullopt;
        numbers.push_back(*number);
        if (digits.size() != part.size()) break;  // 8.0.0-rc1
    }
    while (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
    return numbers;
}

}  // namespace

topology::Answers answers_of(const Facts& facts) {
    topology::Answers answers;
    for (const NodeFacts& node : facts.nodes) answers.nodes.push_back(node.view);
    return answers;
}

std::optional<size_t> Facts::index_of(std::string_view name) const {
    for (size_t i = 0; i < instance.nodes.size(); i++)
        if (instance.nodes[i].name == name) return i;
    return std::nullopt;
}

const NodeFacts* Facts::find(std::string_view name) const {
    const auto i = index_of(name);
    return i ? &nodes[*i] : nullptr;
}

const NodeView* Facts::view_of(std::string_view name) const {
    const NodeFacts* node = find(name);
    return node != nullptr && node->view ? &*node->view : nullptr;
}

std::vector<std::string> Facts::names() const {
    std::vector<std::string> result;
    for (const fleet::Node& node : instance.nodes) result.push_back(node.name);
    return result;
}

void find_master(Facts& facts) {
    std::set<std::string> run_ids, candidates;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const Result<NodeView>& view = facts.nodes[i].view;
        if (!view) continue;
        if (view->role == Role::master && run_ids.insert(view->run_id).second)
            candidates.insert(facts.instance.nodes[i].name);
        if (view->role != Role::replica) continue;
        if (std::string name = silent_master(facts, i); !name.empty()) candidates.insert(std::move(name));
    }
    facts.master.clear();
    facts.why_no_master.clear();
    if (candidates.size() == 1)
        facts.master = *candidates.begin();
    else if (candidates.empty())
        facts.why_no_master = "no node is a master, and none is followed that does not answer";
    else
        facts.why_no_master = fmt::format("several could be it: {}", fmt::join(candidates, ", "));
}

void find_lost_master(Facts& facts) {
    if (!facts.master.empty() || facts.sentinels.empty()) return;
    std::set<std::string> lost;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const std::string& name = facts.instance.nodes[i].name;
        const std::string& own = facts.picture.nodes[i].master_node;
        const Result<NodeView>& view = facts.nodes[i].view;
        if (view && view->role == Role::master) return;
        if (!view || view->role != Role::replica || view->link_up == true) continue;
        // One that follows a living node did not lose its role, it changed it.
        if (!own.empty() && own != name && !circles_as_their_master(facts, i)) continue;
        for (size_t n = 0; n < facts.nodes.size(); n++)
            if (n != i && facts.picture.nodes[n].master_node == name) lost.insert(name);
    }
    if (lost.size() != 1) return;
    facts.master = *lost.begin();
    facts.why_no_master.clear();
    facts.lost_role = true;
}

const AttachedReplica* line_of(const Facts& facts, std::string_view replica) {
    const auto master = facts.index_of(facts.master), wanted = facts.index_of(replica);
    const NodeView* view = facts.view_of(facts.master);
    if (!master || !wanted || view == nullptr) return nullptr;
    const topology::AddressBook book(facts.instance, answers_of(facts));
    std::vector<const AttachedReplica*> strange, own;
    std::vector<bool> has_line(facts.nodes.size());
    for (const AttachedReplica& line : view->replicas) {
        auto i = book.find(line.host, line.port, facts.instance.nodes[*master]);
        for (size_t n = 0; !i && n < facts.nodes.size(); n++)
            if (announces(facts.nodes[n], line)) i = n;
        if (!i)
            strange.push_back(&line);
        else if (book.first_of(*i) == book.first_of(*wanted))
            own.push_back(&line);
        if (i) has_line[book.first_of(*i)] = true;
    }
    // A replica that came back may stand there twice for a while: with the address that is still alive.
    const auto online = std::find_if(own.begin(), own.end(), [](const auto* line) { return line->state == "online"; });
    if (!own.empty()) return online == own.end() ? own.front() : *online;
    size_t without = 0;
    for (size_t n = 0; n < facts.nodes.size(); n++) {
        const Result<NodeView>& other = facts.nodes[n].view;
        without += book.first_of(n) == n && !has_line[n] && other && other->role == Role::replica;
    }
    return strange.size() == 1 && without == 1 ? strange.front() : nullptr;
}

std::optional<int64_t> write_rate(const NodeFacts& master) {
    if (!master.earlier || !master.later || master.later->at <= master.earlier->at) return std::nullopt;
    const int64_t grown = master.later->offset - master.earlier->offset;
    if (grown < 0) return std::nullopt;
    return grown * 1'000'000 / (master.later->at - master.earlier->at).count();
}

std::optional<Gap> gap_of(const Facts& facts, std::string_view replica) {
    const NodeFacts *master = facts.find(facts.master), *node = facts.find(replica);
    if (master == nullptr || node == nullptr || !master->view || !node->view) return std::nullopt;
    if (!topology::same_history(*node->view, *master->view) || node->view->sync_in_progress == true)
        return std::nullopt;
    if (!master->earlier || !master->later || !node->earlier || !node->later) return std::nullopt;
    return Gap{std::max<int64_t>(0, master->earlier->offset - node->earlier->offset),
               std::max<int64_t>(0, master->later->offset - node->later->offset)};
}

std::optional<bool> at_least(std::string_view version, std::string_view other) {
    const auto a = numbers_of(version), b = numbers_of(other);
    if (!a || !b) return std::nullopt;
    return *a >= *b;
}

Ability ability(const NodeFacts& node, std::string_view command) {
    const auto it = node.abilities.find(command);
    return it == node.abilities.end() ? Ability::unknown : it->second;
}

std::string why_no_failover_command(const Facts& facts, std::string_view target, const Wish& wish) {
    for (const std::string_view name : {std::string_view(facts.master), target}) {
        const NodeView* view = facts.view_of(name);
        if (view == nullptr) return fmt::format("{} does not answer", name);
        if (at_least(view->version, "6.2") != true)
            return fmt::format("{} has version {}, FAILOVER needs 6.2", name, view->version);
    }
    const NodeFacts &master = *facts.find(facts.master), &replica = *facts.find(target);
    const auto lacking = [](const NodeFacts& node, std::string_view name, std::string_view command) -> std::string {
        const std::string shown = command == "failover" ? "FAILOVER" : "REPLCONF";
        switch (ability(node, command)) {
            case Ability::yes:
                return {};
            case Ability::missing:
                return fmt::format("{} does not know {}: renamed or disabled", name, shown);
            case Ability::denied:
                return fmt::format("{} does not permit {} to user {}", name, shown, node.user);
            case Ability::unknown:
                break;
        }
        return fmt::format("{} does not tell whether {} is permitted", name, shown);
    };
    if (std::string why = lacking(master, facts.master, "failover"); !why.empty()) return why;
    // Without GETACK to the replica the writers wait for up to a second.
    if (std::string why = lacking(replica, target, "replconf"); !why.empty()) return why;
    const auto& overrides = wish.overrides;
    if (std::find(overrides.begin(), overrides.end(), "modules") != overrides.end()) return {};
    if (!master.modules) return fmt::format("{} does not tell its modules", facts.master);
    if (!master.modules->empty())
        return fmt::format("{} has modules that may write by themselves: {}", facts.master,
                           fmt::join(*master.modules, ", "));
    return {};
}

bool speak_of_coordination(const Facts& facts) {
    return std::any_of(facts.sentinels.begin(), facts.sentinels.end(), [](const SentinelFacts& sentinel) {
        return sentinel.word && sentinel.word->server == "valkey" && at_least(sentinel.word->version, "9.0") == true;
    });
}

std::string missing_sentinel_rights(const Facts& facts) {
    const NodeFacts* master = facts.find(facts.master);
    std::string rules;
    for (const char* command : {"failover", "client|pause", "client|unpause"}) {
        const bool known = master != nullptr && master->sentinel_abilities.contains(command);
        if (!known || master->sentinel_abilities.find(command)->second != Ability::yes)
            rules += fmt::format("{}+{}", rules.empty() ? "" : " ", command);
    }
    return rules;
}

std::string why_no_coordination(const Facts& facts, std::string_view target, const Wish& wish) {
    for (const SentinelFacts& sentinel : facts.sentinels) {
        if (!sentinel.word) return fmt::format("{} does not answer", sentinel.name);
        const std::string& version = sentinel.word->version;
        if (sentinel.word->server != "valkey" || at_least(version, "9.0") != true)
            return fmt::format("{} is {} {}, COORDINATED needs Valkey 9.0", sentinel.name, sentinel.word->server,
                               version);
        if (version == "9.1.0")
            return fmt::format("{} is Valkey 9.1.0, which crashes when its connection to the old master ends",
                               sentinel.name);
    }
    if (std::string why = why_no_failover_command(facts, target, wish); !why.empty()) return why;
    const NodeFacts& master = *facts.find(facts.master);
    if (master.sentinel_abilities.empty())
        return fmt::format("{} does not tell what the Sentinels may do", facts.master);
    const std::string rules = missing_sentinel_rights(facts);
    if (rules.empty()) return {};
    return fmt::format("the Sentinels lack {} at {}, as user {}", rules, facts.master,
                       fmt::join(master.company->sentinel_users, ", "));
}

}  // namespace redisctl::failover
