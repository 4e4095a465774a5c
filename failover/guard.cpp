#include "failover/guard.h"

#include "base/text.h"
#include "failover/divergence.h"
#include "redis/info_fields.h"
#include "topology/home.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;
using topology::NodePicture;

constexpr int64_t clock_seconds = 1;  // the server counts whole ones

struct Relation {
    bool known = false;
    int64_t beyond = 0;  // bytes of a common history that the master does not have
};

// Not compare(): it takes the offset of a node without backlog for unknown, and here it has to raise the alarm.
Relation relation(const NodeView& node, const NodeView& master) {
    Relation result;
    for (const std::string& replid : {master.replid, master.replid2}) {
        const std::optional<int64_t> own = extent(node, replid), masters = extent(master, replid);
        if (!own || !masters) continue;
        const int64_t beyond = std::max<int64_t>(0, *own - *masters);
        result.beyond = result.known ? std::min(result.beyond, beyond) : beyond;
        result.known = true;
    }
    return result;
}

Error alarm(std::string message, std::string cause, std::string reason) {
    return {ErrorCode::conflict, std::move(message), std::move(cause), "redisctl heal", std::move(reason)};
}

}  // namespace

std::vector<redis::Request> own_writes_requests() {
    return {{"INFO"}, {"TIME"}};
}

Result<OwnWrites> read_own_writes(const std::vector<redis::Value>& replies) {
    if (replies.size() != 2) return fail(ErrorCode::protocol, "the node did not answer both INFO and TIME");
    TRY_ASSIGN(const redis::InfoFields info, redis::read_info(replies[0], "server"));
    const auto changes = redis::count_of(info, "rdb_changes_since_last_save");
    const auto saved = redis::count_of(info, "rdb_last_save_time"), uptime = redis::count_of(info, "uptime_in_seconds");
    const auto now = replies[1].elements.empty() ? std::nullopt : parse_int(replies[1].elements.front().text);
    if (!changes || !saved || !uptime || !now)
        return fail(ErrorCode::protocol, "the node does not tell what it has changed since it started");
    OwnWrites result;
    // At its start it counts as saved.
    result.wrote = *changes != 0 || *saved > *now - *uptime + clock_seconds;
    result.keys = redis::count_keys(info);
    return result;
}

const NodePicture* Guard::find(const std::string& name) const {
    const auto found = std::find_if(picture_.nodes.begin(), picture_.nodes.end(),
                                    [&](const NodePicture& node) { return node.name == name; });
    return found == picture_.nodes.end() ? nullptr : &*found;
}

void Guard::see(const fleet::Instance& instance, const topology::Picture& picture,
                const std::string& services_lead_to) {
    remember();
    picture_ = picture;
    home_ = topology::home_pod(instance, picture.system);
    find_master(services_lead_to);
    suspects_.clear();
    if (!lost_.empty()) return;
    find_address(instance);
    for (const NodePicture& node : picture_.nodes)
        if (node.view && node.view->role == Role::master && node.name != master_) suspects_.push_back(node.name);
}

// What the look before this one showed.
void Guard::remember() {
    for (const NodePicture& node : picture_.nodes) {
        if (!node.view) continue;
        // It stays what it was before it came back, until it is attached.
        if (node.view->role == Role::master && node.name != master_ && !master_.empty()) continue;
        Known& known = known_[node.name];
        if (known.run_id != node.view->run_id) known = {node.view->run_id, false};
        if (!master_.empty() && node.master_node == master_ && node.view->link_up == true) known.followed = true;
    }
}

bool Guard::restarted(const NodePicture& node) const {
    const auto known = known_.find(node.name);
    return known == known_.end() || known->second.run_id != node.view->run_id;
}

void Guard::find_master(const std::string& services_lead_to) {
    std::vector<std::string> masters;
    for (const NodePicture& node : picture_.nodes)
        if (node.view && node.view->role == Role::master) masters.push_back(node.name);
    lost_.clear();
    const NodePicture* before = find(master_);
    if (!master_.empty()) {
        const bool same = before && before->view && before->view->run_id == master_run_id_;
        if (same && before->view->role == Role::master) return;
        // Somebody else's switch: the new master's process was there before. One that started as a master is none.
        const bool moved = masters.size() == 1 && !restarted(*find(masters.front()));
        if (!moved) {
            lost_ = same                     ? fmt::format("{} is no master any more", master_)
                    : before && before->view ? fmt::format("{} was restarted", master_)
                                             : fmt::format("{} does not answer", master_);
            return;
        }
        master_ = masters.front();
    } else if (masters.size() == 1) {
        master_ = masters.front();
    } else if (std::find(masters.begin(), masters.end(), services_lead_to) != masters.end()) {
        master_ = services_lead_to;
    } else {
        lost_ = masters.empty() ? "no node is a master"
                                : fmt::format("{} are masters, and the Services lead to none of them alone",
                                              fmt::join(masters, ", "));
        return;
    }
    master_run_id_ = find(master_)->view->run_id;
}

// The name by which others follow it already, else its own: an address is gone with the pod's next restart.
void Guard::find_address(const fleet::Instance& instance) {
    for (const NodePicture& node : picture_.nodes) {
        if (!node.view || node.master_node != master_ || !node.view->master_host.starts_with(master_ + ".")) continue;
        host_ = node.view->master_host;
        port_ = node.view->master_port.value_or(0);
        return;
    }
    for (const fleet::Node& node : instance.nodes) {
        if (node.name != master_) continue;
        host_ = node.dns_name.empty() ? node.address.host : node.dns_name;
        port_ = node.address.port;
    }
}

std::optional<Error> Guard::why_not_attach(const NodePicture& node, const Result<OwnWrites>& writes) const {
    const std::string two = fmt::format("{} and {} are both masters", master_, node.name);
    if (!restarted(node))
        return alarm(two, fmt::format("{} did not restart: somebody promoted it", node.name), "TWO_MASTERS");
    if (!writes) return alarm(two, writes.error().message, "TWO_MASTERS");
    if (writes->wrote)
        return alarm(two,
                     fmt::format("{} has taken writes since it came back: attaching it would destroy them", node.name),
                     "DIVERGED");
    const Relation related = relation(*node.view, *find(master_)->view);
    if (related.beyond > 0)
        return alarm(two,
                     fmt::format("{} has {} bytes that {} never had: attaching it would destroy them", node.name,
                                 related.beyond, master_),
                     "DIVERGED");
    const auto known = known_.find(node.name);
    const bool followed = known != known_.end() && known->second.followed;
    if (related.known || followed || writes->keys == 0) return std::nullopt;
    return alarm(two,
                 fmt::format("{} came back with {} keys, and whether {} has them all is not known", node.name,
                             writes->keys, master_),
                 "UNRELATED");
}

Judgement Guard::judge(const std::map<std::string, Result<OwnWrites>>& writes) const {
    Judgement judgement;
    if (!lost_.empty()) {
        judgement.alarms.push_back({master_, alarm(fmt::format("{} has no master", picture_.name),
                                                   lost_ + "; the guard promotes nobody", "NO_MASTER")});
        return judgement;
    }
    bool home_is_safe = true;
    for (const std::string& name : suspects_) {
        const NodePicture& node = *find(name);
        if (node.view->loading == true) {
            home_is_safe = home_is_safe && name != home_;
            continue;
        }
        const auto told = writes.find(name);
        std::optional<Error> why =
            at_home() || told == writes.end()
                ? alarm(fmt::format("{} and {} are both masters", master_, name), "", "TWO_MASTERS")
                : why_not_attach(node, told->second);
        if (!why) {
            judgement.attach.push_back({name, node.view->run_id, true});
            continue;
        }
        home_is_safe = home_is_safe && name != home_;
        judgement.alarms.push_back({name, std::move(*why)});
    }
    // Who follows home may have what home wrote: it is left where it is as long as that is not known.
    if (at_home() || !home_is_safe) return judgement;
    for (const NodePicture& node : picture_.nodes)
        if (node.view && node.view->role == Role::replica && node.name != home_ && node.name != master_ &&
            node.master_node == home_)
            judgement.attach.push_back({node.name, node.view->run_id, false});
    return judgement;
}

}  // namespace redisctl::failover
