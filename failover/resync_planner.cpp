#include "failover/resync_planner.h"

#include "failover/cast.h"
#include "failover/diagnosis.h"
#include "failover/divergence.h"
#include "failover/planner.h"
#include "failover/pre_checks_parts.h"
#include "failover/steps.h"
#include "failover/unshared.h"
#include "fleet/replication_stream.h"
#include "topology/lag.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;

class Case {
  public:
    Case(const Facts& facts, const ResyncWish& wish)
        : facts_(facts), wish_(wish), node_(*facts.find(wish.node)), master_(*facts.find(facts.master)) {}

    bool follows_master() const {
        const std::optional<size_t> i = facts_.index_of(wish_.node);
        return node_.view && node_.view->role == Role::replica && facts_.picture.nodes[*i].master_node == facts_.master;
    }

    bool linked() const { return follows_master() && is_copy(*node_.view); }

    // Another node that has what the master has.
    std::vector<std::string> other_copies() const {
        std::vector<std::string> names;
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const std::string& name = facts_.instance.nodes[i].name;
            const Result<NodeView>& view = facts_.nodes[i].view;
            if (name == wish_.node || name == facts_.master || !view || view->role != Role::replica) continue;
            if (view->run_id != node_.view->run_id && is_copy(*view)) names.push_back(name);
        }
        return names;
    }

    // Why the missing bytes are not enough; empty when they are.
    std::string why_full() const {
        if (wish_.full) return "as asked for";
        const NodeView& view = *node_.view;
        const std::optional<int64_t> offset = offset_of(view);
        if (!offset || view.replid.empty()) return "it has no history";
        return fleet::why_not_in_backlog(*master_.view, {view.replid, *offset + 1});
    }

    // What the replica has and the master lacks.
    Unshared own() const {
        Divergence parted = compare(*node_.view, *master_.view);
        if (redis::keys_by_database(node_.info).empty() || (linked() && !parted.only_first)) parted.only_first = 0;
        return unshared_by_offsets(wish_.node, facts_.master, parted);
    }

    const Facts& facts() const { return facts_; }
    const NodeFacts& node() const { return node_; }
    const NodeFacts& master() const { return master_; }

  private:
    bool is_copy(const NodeView& view) const {
        return view.link_up == true && view.sync_in_progress == false && topology::same_history(view, *master_.view);
    }

    const Facts& facts_;
    const ResyncWish& wish_;
    const NodeFacts& node_;
    const NodeFacts& master_;
};

void check_data(const Case& one, Checks& out) {
    const std::string& master = one.facts().master;
    const int64_t here = redis::count_keys(one.master().info), there = redis::count_keys(one.node().info);
    Verdicts data(out, "master-data", master, "not empty while the replica is not",
                  "a master that lost its data must not be copied: redisctl failover, or restore it first");
    data.good_if(here > 0 || there == 0, fmt::format("{} keys, and {} on the replica", here, there));
}

void check_login(const Case& one, const std::string& node, Checks& out) {
    const std::optional<Result<void>>& tried = one.node().admitted_by_master;
    Verdicts login(out, "login", node, fmt::format("can log in to {}", one.facts().master),
                   "give it the masteruser and masterauth that fit: CONFIG SET masterauth");
    if (!tried)
        login.warn("not tried: its settings could not be read");
    else if (*tried)
        login.good_if(true, "logged in");
    else
        login.block(shown(tried->error()));
}

std::string text_of(const Unshared& own) {
    return own.bytes ? fmt::format("{} bytes", *own.bytes) : "unknown: " + own.reason;
}

}  // namespace

std::vector<Check> resync_checks(const Facts& facts, const ResyncWish& wish) {
    Checks out;
    const NodeFacts& node = *facts.find(wish.node);
    Verdicts replica(out, "is-replica", wish.node, "a replica",
                     "a master is never attached to another: redisctl failover, redisctl heal");
    if (!node.view) {
        replica.unknown(node.view.error());
        return out;
    }
    replica.good_if(node.view->role == Role::replica, std::string(redis::role_name(node.view->role)));
    if (node.view->role != Role::replica) return out;
    const Case one(facts, wish);
    check_loading("master-loading", facts.master, one.master(), out);
    check_cluster_mode(facts, out);
    check_other_operations(facts, out);
    check_data(one, out);
    check_login(one, wish.node, out);
    const Unshared own = one.own();
    Verdicts(out, "own-writes", wish.node, fmt::format("nothing that {} lacks", facts.master),
             "redisctl heal shows whose they are")
        .warn_unless(own.bytes == 0, own.bytes == 0 ? "nothing" : text_of(own));
    const std::string why_full = one.why_full();
    const std::vector<std::string> copies = one.other_copies();
    Verdicts copy(out, "other-copy", "", "one while this one is made anew",
                  "wait for another replica, or take a backup");
    if (why_full.empty())
        copy.good_if(true, "not needed: the missing bytes are enough");
    else
        copy.warn_unless(!copies.empty(), copies.empty() ? "none" : fmt::format("{}", fmt::join(copies, ", ")));
    const int64_t below = node.view->connected_replicas.value_or(0);
    if (below > 0)
        Verdicts(out, "replicas-of-its-own", wish.node, "none", "redisctl heal attaches them to the master")
            .warn(fmt::format("{}: they copy all data too when it does", below));
    return out;
}

bool attached(const Facts& facts, const ResyncWish& wish) {
    return !wish.full && Case(facts, wish).linked();
}

bool gives_something_up(const Facts& facts, const ResyncWish& wish) {
    const Case one(facts, wish);
    return one.own().bytes != 0 ||
           (!one.why_full().empty() && one.other_copies().empty() && redis::count_keys(one.node().info) > 0);
}

Plan plan_resync(const Facts& facts, const ResyncWish& wish) {
    const Case one(facts, wish);
    Plan plan = begin_plan(facts, "resync-replica", facts.master);
    plan.replica = wish.node;
    const net::HostPort master = address_to_follow(facts, facts.master);
    plan.loss_bound = 0;
    if (Unshared own = one.own(); own.bytes != 0) {
        plan.loss_bound = own.bytes;
        plan.loss_reason = fmt::format("what {} has and {} lacks: {}", wish.node, facts.master, text_of(own));
        if (!own.bytes) plan.mode = Mode::emergency;
        plan.unshared.push_back(std::move(own));
    }
    const std::string why_full = one.why_full();
    plan.notes.push_back(
        why_full.empty()
            ? "the missing bytes are in the master's backlog: a partial resync"
            : fmt::format("a full copy ({}): until it is done {} holds nothing or old data", why_full, wish.node));

    const NodeView& view = *one.node().view;
    const Words follow = replicaof(master.host, master.port);
    const bool moves = !one.follows_master();
    std::vector<Words> commands{follow};
    // The same address again is no command to the server; its link is made anew by way of another one. NO ONE makes
    // its history its own, which the master does not continue.
    if (wish.full)
        commands = {{"MULTI"}, {"REPLICAOF", "NO", "ONE"}, follow, {"EXEC"}};
    else if (!moves)
        commands = {{"MULTI"}, replicaof(parking_host, parking_port), follow, {"EXEC"}};
    Step& attach = add_step(plan, "attach",
                            fmt::format("{} follows {}{}.", wish.node, facts.master, wish.full ? ", from nothing" : ""),
                            wish.node, Send{{{wish.node, std::move(commands)}}});
    attach.before = {SameProcess{wish.node, view.run_id}, RoleIs{wish.node, "replica"},
                     SameProcess{facts.master, one.master().view->run_id}, RoleIs{facts.master, "master"}};
    attach.after = {FollowsAddress{wish.node, master.host, master.port}};
    if (moves) {
        attach.already = attach.after;
        attach.undo = {Send{{{wish.node, {replicaof(view.master_host, view.master_port.value_or(0))}}}}};
        attach.undone = {FollowsAddress{wish.node, view.master_host, view.master_port.value_or(0)}};
    }
    attach.commits = true;
    Step& linked =
        add_step(plan, "linked", fmt::format("{} has all that {} has.", wish.node, facts.master), wish.node, Wait{});
    linked.after = {Follows{wish.node, facts.master}};
    linked.patience_ms = wish.patience.count();
    if (moves && plan.system != "sb-replica" && player_for(facts, *facts.index_of(wish.node)).has_config_file)
        add_step(plan, "persist", "A restarted process goes on following it.", wish.node,
                 Send{{{wish.node, {{"CONFIG", "REWRITE"}}}}})
            .essential = false;
    return plan;
}

}  // namespace redisctl::failover
