#include "failover/switch_steps.h"

#include "failover/steps.h"

#include <fmt/core.h>

#include <utility>

namespace redisctl::failover {

namespace {

constexpr int64_t last_gap = 64 << 10;  // bytes behind, right before the switch

}  // namespace

SwitchSteps::SwitchSteps(const Cast& cast, const Wish& wish) : cast_(cast), wish_(wish) {
    plan_.command = cast.command;
    plan_.instance = cast.instance;
    plan_.ns = cast.ns;
    plan_.system = cast.system;
    plan_.from = cast.old.name;
    plan_.to = cast.target.name;
    plan_.notes = cast.notes;
    plan_.baseline = cast.baseline;
    for (const Player* player : {&cast.old, &cast.target}) plan_.addresses[player->name] = player->addresses;
    for (const Player& other : cast.others) {
        plan_.others.push_back(other.name);
        plan_.addresses[other.name] = other.addresses;
    }
    if (wish.probe) plan_.probe_key = fmt::format("redisctl:probe:{}", cast.operation);
}

std::string SwitchSteps::second_probe() const {
    return wish_.probe ? plan_.probe_key + ":after" : std::string();
}

void SwitchSteps::probe_before() {
    if (!wish_.probe) return;
    Step& step =
        add_step(plan_, "probe", "A write of ours reaches a replica, and is looked for on the new master afterwards.",
                 cast_.old.name, WriteProbe{cast_.old.name, plan_.probe_key, 1, 2'000});
    // Left fenced by a run that was killed: then no write gets through, and none is needed.
    step.already = {WritesRefused{cast_.old.name}};
}

void SwitchSteps::route_services() {
    for (const MovedService& service : cast_.services) {
        Step& step = add_route(plan_, service, cast_.target.name);
        // Somebody may have thought for a while before saying yes.
        if (plan_.mode == Mode::planned)
            for (Condition& condition : as_planned()) step.before.push_back(std::move(condition));
    }
    for (const MovedLabel& label : cast_.labels)
        if (!label.services.empty()) move_label(label);
}

void SwitchSteps::await_endpoints(int64_t settle_ms) {
    const std::vector<std::string> led = services_that_lead();
    for (const std::string& name : led)
        add_endpoints(plan_, name, cast_.target.pod, name == led.back() ? settle_ms : 0);
}

std::vector<Condition> SwitchSteps::as_planned() const {
    return {SameProcess{cast_.old.name, cast_.old.run_id}, RoleIs{cast_.old.name, "master"},
            SameProcess{cast_.target.name, cast_.target.run_id}, Follows{cast_.target.name, cast_.old.name},
            OffsetGapAtMost{cast_.old.name, cast_.target.name, last_gap}};
}

// What only tells people, and leads no connection, is told when it is true.
void SwitchSteps::move_labels() {
    for (const MovedLabel& label : cast_.labels)
        if (label.services.empty()) move_label(label);
}

// Nobody is better than two: a Service with two masters behind it sends writes to the wrong one.
void SwitchSteps::move_label(const MovedLabel& label) {
    const auto set = [&](std::string id, std::string why, const std::string& pod, const std::string& from,
                         const std::string& to) {
        Step& step = add_step(plan_, std::move(id), std::move(why), "", PatchLabel{pod, label.key, from, to});
        step.already = step.after = {LabelIs{pod, label.key, to}};
        if (label.services.empty()) return;
        step.undo = {PatchLabel{pod, label.key, to, from}};
        step.undone = {LabelIs{pod, label.key, from}};
    };
    for (const std::string& pod : label.wrongly)
        set(fmt::format("unlabel-{}-{}", label.key, pod), "It is called master too, and is none.", pod, label.master,
            label.replica);
    set("unlabel-" + label.key, "The old master's pod is not called master any more.", cast_.old.pod, label.old_value,
        label.replica);
    set("label-" + label.key, "The new master's pod is called master.", cast_.target.pod, label.new_value,
        label.master);
}

void SwitchSteps::begin_emergency() {
    plan_.mode = Mode::emergency;
    plan_.expected_outage = "until the clients find the new master; they have had none since the old one died";
    plan_.loss_reason =
        cast_.old_lost_role
            ? "the old master was restarted: what it had acknowledged before and had not sent yet is unknown"
            : "the old master cannot be read: what it acknowledged and had not sent yet is unknown";
}

void SwitchSteps::delete_old_pod() {
    const Player& old = cast_.old;
    if (cast_.old_lost_role) return;
    if (!wish_.delete_old_pod || old.pod.empty()) {
        plan_.notes.push_back(fmt::format(
            "{} is not fenced: if it only hangs, or is cut off, it can go on taking writes of clients that are "
            "connected to it, and those are lost{}",
            old.name, old.pod.empty() ? "" : "; --delete-old-pod ends it first"));
        return;
    }
    add_step(plan_, "delete-old-pod", "The old master's process is ended; its workload starts a new one.", old.name,
             DeletePod{old.pod, old.uid})
        .already = {PodGone{old.pod, old.uid}};
    Step& gone = add_step(plan_, "old-pod-gone", "Its kubelet says that it has ended.", old.name, Wait{});
    gone.after = {PodGone{old.pod, old.uid}};
    gone.patience_ms = 60'000;
}

void SwitchSteps::lower_minimum() {
    const size_t left = cast_.others.size();
    if (cast_.target.min_replicas.empty() || std::stoul(cast_.target.min_replicas) <= left) return;
    Step& step = add_step(plan_, "lower-min-replicas",
                          fmt::format("{} would refuse writes until {} replicas follow it, and {} are left.",
                                      cast_.target.name, cast_.target.min_replicas, left),
                          cast_.target.name,
                          send_to(cast_.target.name, {config_set("min-replicas-to-write", std::to_string(left))}));
    step.after = {SettingIs{cast_.target.name, "min-replicas-to-write", std::to_string(left)}};
    plan_.notes.push_back(fmt::format(
        "min-replicas-to-write of {} is lowered from {} to {}: set it back when the replicas are there again",
        cast_.target.name, cast_.target.min_replicas, left));
}

void SwitchSteps::kill_clients() {
    Step& step =
        add_step(plan_, "move-clients",
                 "Connections stay with the old master for ever unless they are closed; the new ones find the new "
                 "master.",
                 cast_.old.name, Send{{{cast_.old.name, close_clients()}}});
    step.essential = false;
}

void SwitchSteps::repoint_others() {
    Send send;
    std::vector<Condition> follow;
    const auto repoint = [&](const Player& replica) {
        send.to.push_back({replica.name, {replicaof(cast_.target.host, cast_.target.port)}});
        follow.push_back(FollowsAddress{replica.name, cast_.target.host, cast_.target.port});
    };
    // FAILOVER left the old master at the new one's IP.
    if (plan_.engine == "failover-command" && cast_.target.host != cast_.target.listed_host) repoint(cast_.old);
    if (cast_.old_lost_role) repoint(cast_.old);
    for (const Player& other : cast_.others) repoint(other);
    if (send.to.empty()) return;
    Step& step = add_step(plan_, "repoint", "The other replicas follow the new master.", "", std::move(send));
    step.already = step.after = std::move(follow);
}

void SwitchSteps::await_others() {
    if (cast_.others.empty()) return;
    Step& step = add_step(plan_, "replicas-linked", "They have all that the new master has.", "", Wait{});
    for (const Player& other : cast_.others) step.after.push_back(Follows{other.name, cast_.target.name});
    step.patience_ms = 30'000;
}

// Behind all that concerns the others: an old master that does not come back must not keep them from the new one.
void SwitchSteps::await_old() {
    if (plan_.mode == Mode::emergency && !cast_.old_lost_role) return;
    Step& step = add_step(plan_, "old-follows", fmt::format("{} follows the new master.", cast_.old.name),
                          cast_.old.name, Wait{});
    step.after = {Follows{cast_.old.name, cast_.target.name}};
    step.patience_ms = 10'000;
    if (plan_.mode == Mode::planned) return;
    step.essential = false;  // it copies everything, for as long as that takes
    step.patience_ms = 30'000;
}

void SwitchSteps::probe_after() {
    if (!wish_.probe) return;
    add_step(plan_, "write", "The new master acknowledges a write.", cast_.target.name,
             WriteProbe{cast_.target.name, second_probe()});
    if (!wish_.through_services) return;
    for (const std::string& name : services_that_lead()) {
        const auto address = cast_.service_addresses.find(name);
        if (address == cast_.service_addresses.end()) continue;
        ServiceProbe probe{name, address->second, cast_.target.name, second_probe() + ":" + name};
        add_step(plan_, "write-through-" + name, "A client of the Service reaches the new master.", "",
                 std::move(probe))
            .essential = false;
    }
}

void SwitchSteps::annotate() {
    const bool at_home = cast_.home.empty() || cast_.home == cast_.target.pod;
    for (const std::string& service : at_home ? cast_.annotated : names_of_services())
        add_drift(plan_, service, at_home ? "" : drift_text(cast_.target.pod, cast_.home, cast_.operation));
}

// Without it a restarted process goes back to the role that its file gives it.
void SwitchSteps::persist() {
    if (!cast_.home.empty()) return;
    // The operator's file is a ConfigMap, which nobody can rewrite: a restarted process waits to be told.
    if (cast_.system.starts_with("spotahome")) return;
    Send send;
    const auto rewrite = [&](const Player& player) {
        if (player.has_config_file) send.to.push_back({player.name, {{"CONFIG", "REWRITE"}}});
    };
    rewrite(cast_.target);
    if (plan_.mode == Mode::planned) rewrite(cast_.old);
    for (const Player& other : cast_.others) rewrite(other);
    if (send.to.empty()) return;
    add_step(plan_, "persist", "A restarted process keeps its role.", "", std::move(send)).essential = false;
}

void SwitchSteps::finish() {
    repoint_others();
    await_others();
    await_old();
    probe_after();
    annotate();
    persist();
}

void SwitchSteps::fence() {
    const std::string& old = cast_.old.name;
    Step& step =
        add_step(plan_, "fence", fmt::format("{} refuses every write from here on, also when redisctl dies.", old), old,
                 send_to(old, refuse_writes()));
    step.before = {SameProcess{old, cast_.old.run_id}};
    step.after = {WritesRefused{old}};
    step.undo = {send_to(old, unfence())};
    step.undone = {SettingIs{old, "min-replicas-to-write", cast_.old.min_replicas}};
    step.opens_window = true;
}

void SwitchSteps::hold() {
    const std::string& old = cast_.old.name;
    Step& step = add_step(
        plan_, "hold",
        fmt::format("{} holds every write for at most {} ms; one that is not promoted in half of that time finds it "
                    "fenced.",
                    old, wish_.timeout.count()),
        old, send_to(old, {{"CLIENT", "PAUSE", std::to_string(wish_.timeout.count()), "WRITE"}}));
    step.before = {SameProcess{old, cast_.old.run_id}, RoleIs{old, "master"}};
    // What goes on with a killed run has made it a fence first.
    step.already = {WritesRefused{old}};
    std::vector<Words> release = unfence();
    release.push_back({"CLIENT", "UNPAUSE"});
    step.undo = {send_to(old, std::move(release))};
    step.undone = {SettingIs{old, "min-replicas-to-write", cast_.old.min_replicas}};
    step.opens_window = true;
}

std::vector<Words> SwitchSteps::refuse_writes() const {
    std::vector<Words> commands;
    if (sets_max_lag()) commands.push_back(config_set("min-replicas-max-lag", "10"));
    commands.push_back(config_set("min-replicas-to-write", fence_value));
    return commands;
}

std::vector<Words> SwitchSteps::unfence() const {
    std::vector<Words> commands{config_set("min-replicas-to-write", cast_.old.min_replicas)};
    if (sets_max_lag()) commands.push_back(config_set("min-replicas-max-lag", "0"));
    return commands;
}

std::vector<Words> SwitchSteps::unfence_and_follow() const {
    std::vector<Words> commands{{"MULTI"}, replicaof(cast_.target.host, cast_.target.port)};
    for (Words& words : unfence()) commands.push_back(std::move(words));
    // Those that were held hear READONLY, and go to the new master.
    if (wish_.hold) commands.push_back({"CLIENT", "UNPAUSE"});
    commands.push_back({"EXEC"});
    return commands;
}

Step& SwitchSteps::hand_over() {
    const Player &old = cast_.old, &target = cast_.target;
    Step& step = add_step(
        plan_, "hand-over",
        fmt::format("{} holds all writes until {} has every byte, then hands over; the server gives "
                    "up by itself after {} ms.",
                    old.name, target.name, wish_.timeout.count()),
        old.name,
        HandOver{
            old.name, target.name, target.listed_host, target.listed_port, wish_.timeout.count(), second_probe(), {}});
    step.before = {SameProcess{old.name, old.run_id}, SameProcess{target.name, target.run_id}};
    step.already = step.after = {RoleIs{target.name, "master"}};
    step.undo = {TakeBack{old.name, target.name, target.listed_host, target.listed_port}};
    step.undone = {RoleIs{old.name, "master"}, HandsOver{old.name, false}};
    step.opens_window = step.commits = true;
    step.patience_ms = wish_.timeout.count() + 2'000;
    return step;
}

Step& SwitchSteps::promote() {
    Step& step = add_step(plan_, "promote", fmt::format("{} becomes the master.", cast_.target.name), cast_.target.name,
                          Promote{cast_.target.name, second_probe()});
    step.already = step.after = {RoleIs{cast_.target.name, "master"}};
    step.commits = true;
    return step;
}

std::vector<std::string> SwitchSteps::services_that_lead() const {
    std::vector<std::string> led = names_of_services();
    for (const MovedLabel& label : cast_.labels) led.insert(led.end(), label.services.begin(), label.services.end());
    return led;
}

std::vector<std::string> SwitchSteps::names_of_services() const {
    std::vector<std::string> names;
    for (const MovedService& service : cast_.services) names.push_back(service.name);
    return names;
}

}  // namespace redisctl::failover
