#include "failover/council_facts.h"

#include "redis/sentinel_view.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::failover {

using redis::has_flag;
using redis::Role;
using topology::CouncilMember;
using topology::NodePicture;
using topology::Recalled;
using topology::SentinelPicture;
using topology::Standing;

const NodePicture* CouncilFacts::master() const {
    const auto found = std::find_if(picture.nodes.begin(), picture.nodes.end(),
                                    [&](const NodePicture& node) { return node.name == council.master; });
    return found == picture.nodes.end() ? nullptr : &*found;
}

std::optional<size_t> CouncilFacts::index_of(const std::string& sentinel) const {
    for (size_t i = 0; i < picture.sentinels.size(); i++)
        if (picture.sentinels[i].name == sentinel) return i;
    return std::nullopt;
}

Check sentinel_check(std::string name, std::string node, bool good, std::string value, std::string limit,
                     std::string hint) {
    Check check;
    check.name = std::move(name);
    check.node = std::move(node);
    check.verdict = good ? Verdict::ok : Verdict::block;
    check.value = std::move(value);
    check.limit = std::move(limit);
    if (!good) check.hint = std::move(hint);
    return check;
}

void check_calm(const CouncilFacts& facts, std::vector<Check>& out) {
    const NodePicture* master = facts.master();
    const bool answers = master && master->view && master->view->role == Role::master;
    out.push_back(sentinel_check("master", facts.council.master, answers,
                                 answers                        ? "answers"
                                 : facts.council.master.empty() ? "it is not clear who the master is"
                                                                : "it does not answer as a master",
                                 "a master that answers", "redisctl sentinel check"));
    std::string tilted, failing_over;
    const auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; };
    for (const SentinelPicture& sentinel : facts.picture.sentinels) {
        if (sentinel.view && sentinel.view->tilt == true) add(tilted, sentinel.name);
        if (sentinel.master && has_flag(sentinel.master->flags, "failover_in_progress"))
            add(failing_over, sentinel.name);
    }
    out.push_back(sentinel_check("tilt", tilted, tilted.empty(), tilted.empty() ? "none" : "in TILT mode",
                                 "no Sentinel in TILT mode", "wait 30 s"));
    out.push_back(sentinel_check("failover", failing_over, failing_over.empty(),
                                 failing_over.empty() ? "none" : "in progress", "no failover in progress",
                                 "wait until it is over: redisctl sentinel"));
}

std::vector<Condition> all_calm(const CouncilFacts& facts) {
    std::vector<Condition> calm;
    for (size_t i = 0; i < facts.picture.sentinels.size(); i++) {
        const SentinelPicture& sentinel = facts.picture.sentinels[i];
        if (sentinel.master && facts.council.members[i].on_master)
            calm.push_back(SentinelCalm{sentinel.name, sentinel.master->name});
    }
    return calm;
}

SentinelKnows what_lives(const CouncilFacts& facts, size_t sentinel, const std::string& master_name) {
    SentinelKnows knows{facts.picture.sentinels[sentinel].name, master_name, {}, {}, true};
    const auto lives = [](const Recalled& one) {
        return one.standing == Standing::here || (one.standing == Standing::elsewhere && one.heard);
    };
    for (const CouncilMember& member : facts.council.members) {
        if (!member.on_master) continue;
        for (const Recalled& one : member.replicas)
            if (lives(one) && one.heard) knows.replicas.emplace(one.address, one.told.id);
        for (const Recalled& one : member.sentinels) {
            if (!lives(one) || one.node == knows.node) continue;
            const auto other = one.node.empty() ? std::nullopt : facts.index_of(one.node);
            if (!other || facts.council.members[*other].on_master) knows.sentinels.emplace(one.address, one.told.id);
        }
    }
    return knows;
}

Plan begin_sentinel_plan(const CouncilFacts& facts, std::string command) {
    Plan plan;
    plan.command = std::move(command);
    plan.instance = facts.picture.name;
    plan.ns = facts.picture.ns;
    plan.system = facts.picture.system;
    plan.master = facts.council.master;
    plan.loss_bound = 0;
    for (const SentinelPicture& sentinel : facts.picture.sentinels) plan.sentinels.push_back(sentinel.name);
    return plan;
}

}  // namespace redisctl::failover
