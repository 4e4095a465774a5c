#include "failover/emergency_checks.h"

#include "failover/candidates.h"
#include "failover/pre_checks.h"
#include "failover/pre_checks_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;

// A living master is heard this often at least: it acknowledges nothing to its replicas, but sends them what is
// written, and a PING every repl-ping-replica-period, 10 s where nobody changed it. So silence beyond it proves
// nothing, and having heard it just now everything.
constexpr int64_t just_now = 2;

// It speaks, but cannot serve: nobody can tell whether it ever will.
bool speaks_only(const Error& error) {
    return error.reason == "BUSY" || error.reason == "LOADING" || error.reason == "MAX_CLIENTS";
}

bool speaks(const Error& error) {
    return error.code == ErrorCode::server || error.code == ErrorCode::unauthenticated ||
           error.code == ErrorCode::forbidden || error.code == ErrorCode::protocol;
}

// A pod that is being deleted is none of the instance any more, and its server may still serve.
std::string leaving(const Facts& facts) {
    if (!facts.kubernetes || facts.kubernetes->terminating.empty() || facts.find(facts.master)) return {};
    return fmt::format("; {} is being deleted", fmt::join(facts.kubernetes->terminating, ", "));
}

// Whose process lives, and serves nobody any more.
std::string lost_sentence(const Facts& facts) {
    const NodeView& view = *facts.view_of(facts.master);
    return fmt::format("{} answers as a replica of {}:{}, and nobody took its place", facts.master, view.master_host,
                       view.master_port.value_or(0));
}

Evidence of_ourselves(const Facts& facts) {
    const NodeFacts* master = facts.find(facts.master);
    const auto say = [](SaysDead says, std::string sentence) {
        return Evidence{"redisctl", says, std::move(sentence)};
    };
    if (master == nullptr)
        return say(SaysDead::yes, facts.instance.ns.empty()
                                      ? fmt::format("{} was not asked: no host leads there", facts.master)
                                      : fmt::format("no pod of {} has the address {}{}", facts.instance.full_name(),
                                                    facts.master, leaving(facts)));
    if (!master->view) {
        const Error& error = master->view.error();
        if (error.code == ErrorCode::forbidden && error.reason != "NOPERM" && error.reason != "DENIED")
            return say(SaysDead::unknown, fmt::format("{} could not be asked: {}", facts.master, error.message));
        if (speaks_only(error))
            return say(SaysDead::unknown, fmt::format("{} speaks and does not serve: {}", facts.master, error.message));
        if (speaks(error)) return say(SaysDead::no, fmt::format("{} speaks: {}", facts.master, error.message));
        return say(SaysDead::yes, fmt::format("{} does not answer: {}", facts.master, error.message));
    }
    if (facts.lost_role) return say(SaysDead::yes, lost_sentence(facts));
    if (master->view->loading == true)
        return say(SaysDead::unknown, fmt::format("{} is loading its dataset", facts.master));
    return say(SaysDead::no, fmt::format("{} answers and is a {}", facts.master, redis::role_name(master->view->role)));
}

std::optional<Evidence> of_replica(const Facts& facts, size_t i) {
    const Result<NodeView>& view = facts.nodes[i].view;
    const std::string &name = facts.instance.nodes[i].name, &followed = facts.picture.nodes[i].master_node;
    if (!view || view->role != Role::replica || name == facts.master) return std::nullopt;
    if (!followed.empty() && followed != facts.master) return std::nullopt;
    if (view->link_up == false)
        return Evidence{name, SaysDead::yes,
                        view->link_down_seconds
                            ? fmt::format("its link to the master is down for {}s", *view->link_down_seconds)
                            : "its link to the master is down"};
    if (view->link_up == true && view->last_io_seconds && *view->last_io_seconds <= just_now)
        return Evidence{name, SaysDead::no,
                        fmt::format("its link is up, and it heard the master {}s ago", *view->last_io_seconds)};
    return Evidence{name, SaysDead::unknown,
                    view->link_up == true && view->last_io_seconds
                        ? fmt::format("its link is up, but it has not heard the master for {}s", *view->last_io_seconds)
                        : "it does not tell when it heard the master"};
}

Evidence of_sentinel(const Facts& facts, const topology::SentinelPicture& sentinel) {
    const auto say = [&](SaysDead says, std::string sentence) {
        return Evidence{sentinel.name, says, std::move(sentence)};
    };
    if (sentinel.error) return say(SaysDead::unknown, sentinel.error->message);
    if (!sentinel.master) return say(SaysDead::unknown, "it watches no master of this instance");
    if (!sentinel.master_node.empty() && sentinel.master_node != facts.master)
        return say(SaysDead::unknown, fmt::format("it calls {} the master", sentinel.master_node));
    const std::string& flags = sentinel.master->flags;
    if (flags.find("_down") != flags.npos) return say(SaysDead::yes, fmt::format("it says {}", flags));
    if (facts.lost_role)
        return say(SaysDead::unknown, fmt::format("it hears the process, and that is no master: {}", flags));
    if (redis::has_flag(flags, "disconnected")) return say(SaysDead::unknown, fmt::format("it says {}", flags));
    // In tilt it calls nobody down, whatever it hears.
    const std::optional<int64_t> silent = sentinel.master->ping_age_ms;
    if (silent && *silent >= 1'000 * (just_now + 1))
        return say(SaysDead::unknown, fmt::format("it says {}, but it has not heard it for {}s", flags, *silent / 1'000));
    return say(SaysDead::no, fmt::format("it sees nothing wrong: {}", flags));
}

// What Kubernetes tells is as old as the kubelet's last report: it can say that a pod is gone, never that it lives.
std::vector<Evidence> of_kubernetes(const Facts& facts) {
    std::vector<Evidence> evidence;
    const auto i = facts.index_of(facts.master);
    if (!facts.kubernetes || !i) return evidence;
    const fleet::Node& place = facts.instance.nodes[*i];
    const auto pod = std::find_if(facts.instance.pods.begin(), facts.instance.pods.end(),
                                  [&](const kube::Pod* one) { return one->meta.name == place.pod; });
    if (pod != facts.instance.pods.end()) {
        const std::string state = fmt::format("{}{}", (*pod)->phase, (*pod)->ready ? " and Ready" : ", not Ready");
        // Unknown is what the API server says of a machine that it does not hear either.
        const bool gone = (*pod)->phase != "Unknown" && (place.not_running.has_value() || (*pod)->phase != "Running");
        evidence.push_back({"pod/" + place.pod, gone ? SaysDead::yes : SaysDead::unknown,
                            gone && place.not_running ? place.not_running->message
                                                      : fmt::format("it was {} when last reported", state)});
    }
    const auto machine = facts.kubernetes->k8s_nodes.find(place.k8s_node);
    if (machine == facts.kubernetes->k8s_nodes.end()) return evidence;
    const std::string witness = "k8s-node/" + place.k8s_node;
    if (!machine->second)
        evidence.push_back({witness, SaysDead::unknown, machine->second.error().message});
    else if (machine->second->ready == "True")
        evidence.push_back({witness, SaysDead::unknown, "it is Ready: its kubelet reports"});
    else
        evidence.push_back(
            {witness, SaysDead::unknown, "it is not Ready: its kubelet does not report, its processes may live"});
    return evidence;
}

void judge_evidence(const Facts& facts, Checks& out) {
    const NodeFacts* master = facts.find(facts.master);
    Verdicts answers(out, "master-answers", facts.master, "it does not", "switch in peace: redisctl switchover");
    if (facts.master.empty())
        answers.block(facts.why_no_master);
    else if (facts.lost_role)
        answers.good_if(true, lost_sentence(facts));
    else if (master != nullptr && master->view && master->view->loading != true)
        answers.block(fmt::format("it answers as a {}", redis::role_name(master->view->role)));
    else
        answers.good_if(true, "no answer that serves anybody");

    std::vector<std::string> alive, dead;
    for (const Evidence& one : hear_evidence(facts)) {
        if (one.says_dead == SaysDead::no) alive.push_back(fmt::format("{}: {}", one.witness, one.sentence));
        if (one.says_dead == SaysDead::yes && one.witness != "redisctl") dead.push_back(one.witness);
    }
    Verdicts(out, "witness-alive", {}, "none",
             leaving(facts).empty()
                 ? "the master lives and only we are cut off from it: run redisctl from another place"
                 : "the master's pod is being deleted and still serves: wait until it is gone")
        .good_if(alive.empty(), alive.empty() ? "none" : fmt::format("{}", fmt::join(alive, "; ")));
    Verdicts(out, "witness-dead", {}, "one besides ourselves",
             "wait until its replicas have noticed: redisctl replication-info")
        .good_if(!dead.empty(), dead.empty() ? "none" : fmt::format("{}", fmt::join(dead, ", ")));
}

void check_history(const Facts& facts, const Wish& wish, const std::string& target, Checks& out) {
    Verdicts history(out, "history", target, "the master's", "name the node whose data are to live on: --promote NODE");
    const NodeView* view = facts.view_of(target);
    if (view == nullptr) return history.unknown("it does not answer");
    const History wanted = history_of(facts);
    if (!wanted.replid.empty())
        history.good_if(view->replid == wanted.replid, view->replid.substr(0, 8));
    else if (wish.promote == target)
        history.warn(wanted.why_not);
    else
        history.block(wanted.why_not);
}

// An emergency sets it lower where it has to; who reads the plan should know.
void check_min_replicas(const Facts& facts, const std::string& target, const NodeFacts& node, Checks& out) {
    Verdicts replicas(out, "min-replicas", target, "at most as many as will follow it",
                      "it is lowered first, or nobody could write");
    const auto wanted = setting_count(node, "min-replicas-to-write");
    if (!wanted) return replicas.warn(fmt::format("unknown: {}", why_no_setting(node, "min-replicas-to-write")));
    int64_t others = 0;
    for (size_t i = 0; i < facts.nodes.size(); i++)
        others += facts.nodes[i].view.has_value() && facts.instance.nodes[i].name != target &&
                  facts.instance.nodes[i].name != facts.master;
    replicas.warn_unless(*wanted <= others, fmt::format("{}, {} will follow", *wanted, others));
}

// The pod is deleted first: where its kubelet is silent nobody would ever say that it is gone.
void check_old_pod(const Facts& facts, const Wish& wish, Checks& out) {
    const auto i = facts.index_of(facts.master);
    if (!wish.delete_old_pod || !i) return;
    const fleet::Node& place = facts.instance.nodes[*i];
    Verdicts machine(out, "old-pod", facts.master, "its machine is Ready",
                     "leave --delete-old-pod out, and make sure that the machine is off");
    if (place.pod.empty()) return machine.block("it has no pod");
    const auto found = facts.kubernetes->k8s_nodes.find(place.k8s_node);
    if (found == facts.kubernetes->k8s_nodes.end()) return machine.unknown("it is on no machine yet");
    if (!found->second) return machine.unknown(found->second.error());
    machine.good_if(found->second->ready == "True",
                    fmt::format("{} is Ready: {}", place.k8s_node,
                                found->second->ready.empty() ? "not told" : found->second->ready));
}

}  // namespace

std::string_view says_dead_name(SaysDead says) {
    switch (says) {
        case SaysDead::yes:
            return "yes";
        case SaysDead::no:
            return "no";
        case SaysDead::unknown:
            break;
    }
    return "unknown";
}

std::vector<Evidence> hear_evidence(const Facts& facts) {
    if (facts.master.empty()) return {};
    std::vector<Evidence> evidence = {of_ourselves(facts)};
    for (size_t i = 0; i < facts.nodes.size(); i++)
        if (std::optional<Evidence> one = of_replica(facts, i)) evidence.push_back(std::move(*one));
    for (const topology::SentinelPicture& sentinel : facts.picture.sentinels)
        evidence.push_back(of_sentinel(facts, sentinel));
    for (Evidence& one : of_kubernetes(facts)) evidence.push_back(std::move(one));
    return evidence;
}

Result<std::vector<Check>> emergency_checks(const Facts& facts, const Wish& wish, const std::string& target) {
    const NodeFacts nobody = absent_node();
    const NodeFacts* replica = facts.find(target);
    const Pair pair{facts, wish, target, nobody, replica != nullptr ? *replica : nobody};
    Checks checks;
    judge_evidence(facts, checks);
    check_history(facts, wish, target, checks);
    check_sync(target, pair.target, checks);
    check_loading("target-loading", target, pair.target, checks);
    check_priority(target, pair.target, checks);
    check_min_replicas(facts, target, pair.target, checks);
    check_commands(pair, checks, Mode::emergency);
    check_other_operations(facts, checks);
    check_sentinels_in_emergency(facts, wish, target, checks);
    check_cluster_mode(facts, checks);
    if (facts.kubernetes) {
        check_old_pod(facts, wish, checks);
        check_permissions(facts.kubernetes->reviews, checks);
        check_credentials(facts, checks);
    }
    std::vector<std::string_view> names = overridable_checks();
    // Where nobody else is left, one that was never to be the master is better than none.
    names.push_back("target-priority");
    for (Check& check : checks)
        if (check.name == names.back()) check.overridable = true;
    TRY(apply_overrides(checks, wish.overrides, names));
    return checks;
}

}  // namespace redisctl::failover
