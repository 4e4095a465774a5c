#include "failover/cast.h"

#include "failover/sentinel_conditions.h"
#include "topology/addresses.h"
#include "topology/home.h"
#include "topology/role_labels.h"
#include "topology/services.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

constexpr const char* pod_name_label = "statefulset.kubernetes.io/pod-name";
constexpr const char* component_label = "app.kubernetes.io/component";

std::string joined(const std::string& host, int64_t port) {
    return fmt::format("{}:{}", host, port);
}

void add_once(std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

std::string setting(const NodeFacts& node, std::string_view name) {
    if (!node.settings) return "";
    const auto found = node.settings->values.find(name);
    return found == node.settings->values.end() ? "" : found->second;
}

// Every address by which a server calls this node: its own, the master's line of it, what its replicas follow.
std::vector<std::string> addresses_of(const Facts& facts, size_t index) {
    const fleet::Node& node = facts.instance.nodes[index];
    std::vector<std::string> all;
    add_once(all, joined(node.address.host, node.address.port));
    for (const net::HostPort& alias : node.aliases) add_once(all, joined(alias.host, alias.port));
    if (!node.dns_name.empty())
        for (const char* domain : {"", ".cluster.local"})
            add_once(all, joined(node.dns_name + domain, node.address.port));
    if (!facts.picture.nodes[index].view || node.name != facts.master)
        if (const redis::AttachedReplica* line = line_of(facts, node.name))
            add_once(all, joined(line->host, line->port));
    for (const topology::NodePicture& other : facts.picture.nodes)
        if (other.view && other.master_node == node.name && other.view->master_port)
            add_once(all, joined(other.view->master_host, *other.view->master_port));
    return all;
}

int64_t counter(const NodeFacts& node, std::string_view name) {
    return redis::count_of(node.info, name).value_or(0);
}

// All but the history that is compared with.
Baseline baseline_of(const Facts& facts, const std::string& to) {
    Baseline baseline;
    for (size_t i = 0; i < facts.nodes.size(); i++)
        if (facts.nodes[i].view) baseline.run_ids[facts.instance.nodes[i].name] = facts.nodes[i].view->run_id;
    if (const NodeFacts* target = facts.find(to)) {
        baseline.sync_full = counter(*target, "sync_full");
        baseline.sync_partial_ok = counter(*target, "sync_partial_ok");
    }
    return baseline;
}

}  // namespace

Player player_for(const Facts& facts, size_t index) {
    const fleet::Node& node = facts.instance.nodes[index];
    const NodeFacts& known = facts.nodes[index];
    Player player;
    player.name = node.name;
    player.pod = node.pod;
    player.uid = node.uid;
    player.host = node.address.host;
    player.port = node.address.port;
    player.addresses = addresses_of(facts, index);
    if (node.name != facts.master)
        // What the servers themselves call it: an address that only we can use (NAT, a tunnel) is no use to them.
        if (const redis::AttachedReplica* line = line_of(facts, node.name)) {
            player.host = player.listed_host = line->host;
            player.port = player.listed_port = line->port;
        }
    if (!known.view) return player;
    player.run_id = known.view->run_id;
    player.version = known.view->version;
    player.min_replicas = setting(known, "min-replicas-to-write");
    player.min_replicas_lag = setting(known, "min-replicas-max-lag");
    player.priority = known.view->priority.value_or(player.priority);
    player.has_config_file = !known.view->config_file.empty();
    return player;
}

namespace {

// Where replicas follow a pod by its name they go on doing so: an IP is gone with the pod's next restart.
void follow_by_name(const Facts& facts, const Player& old, Player& target) {
    if (old.pod.empty() || target.pod.empty()) return;
    for (const topology::NodePicture& node : facts.picture.nodes) {
        if (!node.view || node.master_node != old.name || !node.view->master_host.starts_with(old.pod + ".")) continue;
        target.host = target.pod + node.view->master_host.substr(old.pod.size());
        target.port = node.view->master_port.value_or(target.port);
        const std::string address = joined(target.host, target.port);
        if (std::find(target.addresses.begin(), target.addresses.end(), address) == target.addresses.end())
            target.addresses.push_back(address);
        return;
    }
}

// The one that is told to promote needs nobody's vote for it, so any that is not in tilt will do.
std::optional<SentinelWatch> watch_of(const Facts& facts, size_t target) {
    SentinelWatch watch;
    const topology::AddressBook book(facts.instance, answers_of(facts));
    for (size_t i = 0; i < facts.sentinels.size(); i++) {
        const SentinelFacts& sentinel = facts.sentinels[i];
        if (!sentinel.word) continue;
        const redis::SentinelMaster& said = sentinel.word->master;
        watch.epoch = std::max(watch.epoch, said.config_epoch.value_or(0));
        const int64_t down_after = said.down_after_ms.value_or(0);
        if (watch.sentinels.empty() || down_after < watch.down_after_ms) watch.down_after_ms = down_after;
        TellSentinels::Word word;
        word.sentinel = sentinel.name;
        word.from_host = said.host;
        word.from_port = said.port.value_or(0);
        if (const auto& memory = sentinel.word->memory; memory && !memory->sentinels.empty()) {
            const redis::Remembered& by = memory->sentinels.front();
            word.by_host = by.host;
            word.by_port = by.port.value_or(0);
            word.by_id = by.id;
        }
        for (const redis::Remembered& replica : sentinel.word->replicas) {
            if (book.find(replica.host, replica.port.value_or(0), facts.instance.sentinels[i]) != target) continue;
            word.host = replica.host;
            word.port = replica.port.value_or(0);
            if (replica.reported_role == "master") watch.mistaken.push_back(sentinel.name);
        }
        watch.words.push_back(std::move(word));
        watch.sentinels.push_back(sentinel.name);
        watch.settings.push_back(settings_of(sentinel.word->master));
        watch.master = sentinel.word->master.name;
        if (watch.leader.empty() && sentinel.word->tilt != true) watch.leader = sentinel.name;
    }
    if (watch.sentinels.empty()) return std::nullopt;
    return watch;
}

}  // namespace

std::vector<MovedLabel> labels_to_move(const Facts& facts, size_t old, size_t target) {
    const std::string& says = facts.picture.nodes[old].role_label;
    if (topology::says_master(says) != true) return {};
    const size_t equals = says.find('=');
    MovedLabel label;
    label.key = says.substr(0, equals);
    label.master = label.old_value = says.substr(equals + 1);
    const kube::Labels& labels = facts.instance.nodes[target].labels;
    if (const auto found = labels.find(label.key); found != labels.end())
        label.replica = label.new_value = found->second;
    if (label.replica == label.master) label.replica.clear();
    for (size_t i = 0; i < facts.instance.nodes.size(); i++)
        if (i != old && i != target && facts.picture.nodes[i].role_label == says)
            label.wrongly.push_back(facts.instance.nodes[i].pod);
    for (const kube::Service& service : facts.instance.services) {
        const auto selected = service.selector.find(label.key);
        if (selected != service.selector.end() && selected->second == label.master)
            label.services.push_back(service.meta.name);
    }
    return {label};
}

namespace {

// A Service that selects the master's component can only be led elsewhere by the pod's name; at home it selects the
// component again, as the chart wrote it. The same selector: there is nothing to move.
std::map<std::string, std::string> selector_for(const Facts& facts, const std::map<std::string, std::string>& from,
                                                const std::string& new_pod) {
    std::map<std::string, std::string> to = from;
    const bool by_component = facts.picture.system == "bitnami-replication";
    const auto pinned = to.find(pod_name_label), component = to.find(component_label);
    if (pinned != to.end()) {
        pinned->second = new_pod;
        const auto node = std::find_if(facts.instance.nodes.begin(), facts.instance.nodes.end(),
                                       [&](const fleet::Node& one) { return one.pod == new_pod; });
        if (!by_component || node == facts.instance.nodes.end() || !topology::has_master_component(node->labels))
            return to;
        to.erase(pinned);
        to[component_label] = node->labels.at(component_label);
    } else if (by_component && component != to.end()) {
        to.erase(component);
        to[pod_name_label] = new_pod;
    }
    return to;
}

}  // namespace

std::vector<MovedService> services_to_move(const Facts& facts, const std::string& new_pod,
                                           std::vector<std::string>& notes) {
    std::vector<MovedService> moved;
    for (const topology::ServicePicture& picture : facts.picture.services) {
        if (picture.type != "master") continue;
        const auto service = std::find_if(facts.instance.services.begin(), facts.instance.services.end(),
                                          [&](const kube::Service& one) { return one.meta.name == picture.name; });
        if (service == facts.instance.services.end()) continue;
        MovedService move{picture.name, {service->selector.begin(), service->selector.end()}, {}};
        move.to = selector_for(facts, move.from, new_pod);
        if (move.to == move.from) continue;
        const bool owned = std::any_of(service->meta.owners.begin(), service->meta.owners.end(),
                                       [](const kube::OwnerReference& owner) { return owner.controller; });
        if (owned)
            notes.push_back(fmt::format("Service {} is left alone: a controller owns it", picture.name));
        else
            moved.push_back(std::move(move));
    }
    return moved;
}

Cast cast_for(const Facts& facts, const std::string& target_name) {
    Cast cast;
    cast.instance = facts.picture.name;
    cast.ns = facts.picture.ns;
    cast.system = facts.picture.system;
    const std::optional<size_t> old = facts.index_of(facts.master), target = facts.index_of(target_name);
    for (size_t i = 0; i < facts.instance.nodes.size(); i++) {
        if (i == old)
            cast.old = player_for(facts, i);
        else if (i == target)
            cast.target = player_for(facts, i);
        else if (facts.nodes[i].view)
            cast.others.push_back(player_for(facts, i));
        else
            cast.notes.push_back(fmt::format("{} does not answer and is left as it is", facts.instance.nodes[i].name));
    }
    cast.baseline = baseline_of(facts, target_name);
    if (target)
        if (const auto& view = facts.nodes[*target].view) cast.baseline.replid = view->replid;
    if (target) cast.watch = watch_of(facts, *target);
    cast.old_lost_role = facts.lost_role;
    if (old && target) {
        // Sentinels send the others to the address that they know.
        if (!cast.watch) follow_by_name(facts, cast.old, cast.target);
        if (const auto& view = facts.nodes[*old].view; view && !facts.lost_role) cast.baseline.replid = view->replid;
        cast.labels = labels_to_move(facts, *old, *target);
    }
    // Also where the old master's pod is gone, or on its way: the one that comes after it has the same name.
    if (target) cast.services = services_to_move(facts, cast.target.pod, cast.notes);
    for (const kube::Service& service : facts.instance.services)
        if (const auto port = topology::redis_port(service, facts.instance); port && service.cluster_ip != "None")
            cast.service_addresses[service.meta.name] = net::to_string(net::HostPort{service.cluster_ip, *port});
    cast.home = topology::home_pod(facts.instance, facts.picture.system);
    if (cast.home.empty()) return cast;
    for (const kube::Service& service : facts.instance.services)
        if (service.meta.annotations.contains(drift_annotation)) cast.annotated.push_back(service.meta.name);
    if (cast.home != cast.target.pod)
        cast.notes.push_back(
            fmt::format("the chart gives out roles at every start: a restart of {} makes a second master, one of any "
                        "other pod attaches it to {}; run redisctl guard, and redisctl return-home before any restart, "
                        "drain or helm upgrade",
                        cast.home, cast.home));
    if (!cast.services.empty())
        cast.notes.push_back(cast.system == "bitnami-replication"
                                 ? "helm upgrade puts the chart's selector beside ours: the Services then lead nowhere "
                                   "until redisctl return-home"
                                 : "helm upgrade sets the Services' selectors back");
    return cast;
}

net::HostPort address_to_follow(const Facts& facts, const std::string& node) {
    const size_t index = *facts.index_of(node);
    const std::string& pod = facts.instance.nodes[index].pod;
    std::optional<net::HostPort> by_custom;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const auto& view = facts.nodes[i].view;
        if (i == index || !view || view->role != redis::Role::replica || !view->master_port) continue;
        const std::string& followed = facts.picture.nodes[i].master_node;
        if (followed == node) return {view->master_host, static_cast<uint16_t>(*view->master_port)};
        const std::optional<size_t> other = facts.index_of(followed);
        if (!other || pod.empty()) continue;
        const std::string head = facts.instance.nodes[*other].pod + ".";
        if (view->master_host.starts_with(head))
            by_custom = net::HostPort{pod + view->master_host.substr(head.size() - 1),
                                      static_cast<uint16_t>(*view->master_port)};
    }
    if (by_custom) return *by_custom;
    // An IP is gone with the pod's next restart; this chart's pods have names.
    const fleet::Node& self = facts.instance.nodes[index];
    if (facts.picture.system == "sb-replica" && !self.dns_name.empty()) return {self.dns_name, self.address.port};
    return self.address;
}

Plan begin_plan(const Facts& facts, std::string command, const std::string& to) {
    Plan plan;
    plan.command = std::move(command);
    plan.instance = facts.picture.name;
    plan.ns = facts.picture.ns;
    plan.system = facts.picture.system;
    plan.to = to;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const std::string& name = facts.instance.nodes[i].name;
        plan.addresses[name] = player_for(facts, i).addresses;
        if (name != to) plan.others.push_back(name);
    }
    plan.baseline = baseline_of(facts, to);
    if (facts.find(to) == nullptr) return plan;
    const net::HostPort address = address_to_follow(facts, to);
    add_once(plan.addresses[to], joined(address.host, address.port));
    return plan;
}

}  // namespace redisctl::failover
