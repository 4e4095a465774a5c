#include "failover/planner.h"

#include "failover/facts_kubernetes.h"
#include "failover/steps.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

constexpr int64_t last_gap = 64 << 10;  // bytes behind, right before the switch

Send to(const std::string& node, std::vector<Words> commands) {
    return Send{{{node, std::move(commands)}}};
}

class Planner {
  public:
    Planner(const Cast& cast, const Wish& wish) : cast_(cast), wish_(wish) {
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

    std::string second_probe() const { return wish_.probe ? plan_.probe_key + ":after" : std::string(); }

    void probe_before() {
        if (!wish_.probe) return;
        Step& step = add_step(plan_, "probe",
                              "A write of ours reaches a replica, and is looked for on the new master afterwards.",
                              cast_.old.name, WriteProbe{cast_.old.name, plan_.probe_key, 1, 2'000});
        // Left fenced by a run that was killed: then no write gets through, and none is needed.
        step.already = {WritesRefused{cast_.old.name}};
    }

    // Before the switch: clients that connect from now on come to the new master at once; those that are connected stay
    // where they are until the few milliseconds of the switch.
    void route_services() {
        for (const MovedService& service : cast_.services) {
            Step& step = add_route(plan_, service, cast_.target.name);
            // Somebody may have thought for a while before saying yes.
            if (plan_.mode == Mode::planned)
                for (Condition& condition : as_planned()) step.before.push_back(std::move(condition));
        }
        for (const MovedLabel& label : cast_.labels)
            if (!label.services.empty()) move_label(label);
    }

    void await_endpoints(int64_t settle_ms) {
        std::vector<std::string> led = names_of_services();
        for (const MovedLabel& label : cast_.labels)
            led.insert(led.end(), label.services.begin(), label.services.end());
        for (const std::string& name : led)
            add_endpoints(plan_, name, cast_.target.pod, name == led.back() ? settle_ms : 0);
    }

    std::vector<Condition> as_planned() const {
        return {SameProcess{cast_.old.name, cast_.old.run_id}, RoleIs{cast_.old.name, "master"},
                SameProcess{cast_.target.name, cast_.target.run_id}, Follows{cast_.target.name, cast_.old.name},
                OffsetGapAtMost{cast_.old.name, cast_.target.name, last_gap}};
    }

    // What only tells people, and leads no connection, is told when it is true.
    void move_labels() {
        for (const MovedLabel& label : cast_.labels)
            if (label.services.empty()) move_label(label);
    }

    // Nobody is better than two: a Service with two masters behind it sends writes to the wrong one.
    void move_label(const MovedLabel& label) {
        const auto set = [&](std::string id, std::string why, const std::string& pod, const std::string& from,
                             const std::string& to) {
            Step& step = add_step(plan_, std::move(id), std::move(why), "", PatchLabel{pod, label.key, from, to});
            step.already = step.after = {LabelIs{pod, label.key, to}};
            if (label.services.empty()) return;
            step.undo = {PatchLabel{pod, label.key, to, from}};
            step.undone = {LabelIs{pod, label.key, from}};
        };
        for (const std::string& pod : label.wrongly)
            set(fmt::format("unlabel-{}-{}", label.key, pod), "It is called master too, and is none.", pod,
                label.master, label.replica);
        set("unlabel-" + label.key, "The old master's pod is not called master any more.", cast_.old.pod,
            label.old_value, label.replica);
        set("label-" + label.key, "The new master's pod is called master.", cast_.target.pod, label.new_value,
            label.master);
    }

    void kill_clients() {
        Step& step =
            add_step(plan_, "move-clients",
                     "Connections stay with the old master for ever unless they are closed; the new ones find the new "
                     "master.",
                     cast_.old.name, to(cast_.old.name, close_clients()));
        step.essential = false;
    }

    void repoint_others() {
        Send send;
        std::vector<Condition> follow;
        const auto repoint = [&](const Player& replica) {
            send.to.push_back({replica.name, {replicaof(cast_.target.host, cast_.target.port)}});
            follow.push_back(FollowsAddress{replica.name, cast_.target.host, cast_.target.port});
        };
        // FAILOVER left the old master at the new one's IP.
        if (plan_.engine == "failover-command" && cast_.target.host != cast_.target.listed_host) repoint(cast_.old);
        for (const Player& other : cast_.others) repoint(other);
        if (send.to.empty()) return;
        Step& step = add_step(plan_, "repoint", "The other replicas follow the new master.", "", std::move(send));
        step.already = step.after = std::move(follow);
    }

    void await_others() {
        if (cast_.others.empty()) return;
        Step& step = add_step(plan_, "replicas-linked", "They have all that the new master has.", "", Wait{});
        for (const Player& other : cast_.others) step.after.push_back(Follows{other.name, cast_.target.name});
        step.patience_ms = 30'000;
    }

    // Behind all that concerns the others: an old master that does not come back must not keep them from the new one.
    void await_old() {
        Step& step = add_step(plan_, "old-follows", fmt::format("{} follows the new master.", cast_.old.name),
                              cast_.old.name, Wait{});
        step.after = {Follows{cast_.old.name, cast_.target.name}};
        step.patience_ms = 10'000;
    }

    void probe_after() {
        if (!wish_.probe) return;
        add_step(plan_, "write", "The new master acknowledges a write.", cast_.target.name,
                 WriteProbe{cast_.target.name, second_probe()});
    }

    void annotate() {
        const bool at_home = cast_.home.empty() || cast_.home == cast_.target.pod;
        for (const std::string& service : at_home ? cast_.annotated : names_of_services()) {
            const std::string value = at_home ? ""
                                              : fmt::format("{} instead of {}, since operation {}", cast_.target.pod,
                                                            cast_.home, cast_.operation);
            Annotate action{service, {{drift_annotation, value}}};
            Step& step = add_step(
                plan_, "annotate-" + service,
                at_home ? "The master is at home again." : "Everybody who looks sees that the master is not at home.",
                "", std::move(action));
            step.already = step.after = {AnnotationIs{service, drift_annotation, value}};
            step.essential = false;
        }
    }

    // Without it a restarted process goes back to the role that its file gives it.
    void persist() {
        if (!cast_.home.empty()) return;
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

    Step& promote() {
        Step& step = add_step(plan_, "promote", fmt::format("{} becomes the master.", cast_.target.name),
                              cast_.target.name, Promote{cast_.target.name, second_probe()});
        step.already = step.after = {RoleIs{cast_.target.name, "master"}};
        step.commits = true;
        return step;
    }

    Plan failover_command() {
        plan_.engine = "failover-command";
        plan_.expected_outage = "for a few milliseconds; writers wait, and are then moved";
        plan_.loss_bound = 0;
        probe_before();
        route_services();
        await_endpoints(wish_.settle.count());
        Step& verify =
            add_step(plan_, "verify", "Roles, processes and links are still as planned.", cast_.old.name, Wait{});
        verify.before = as_planned();
        verify.already = {HandsOver{cast_.old.name, true}};
        Step& step =
            add_step(plan_, "hand-over",
                     fmt::format("{} holds all writes until {} has every byte, then hands over; the server gives up by "
                                 "itself after {} ms.",
                                 cast_.old.name, cast_.target.name, wish_.timeout.count()),
                     cast_.old.name,
                     HandOver{cast_.old.name, cast_.target.name, cast_.target.listed_host, cast_.target.listed_port,
                              wish_.timeout.count(), second_probe()});
        step.before = {SameProcess{cast_.old.name, cast_.old.run_id},
                       SameProcess{cast_.target.name, cast_.target.run_id}};
        step.already = step.after = {RoleIs{cast_.target.name, "master"}};
        step.undo = {TakeBack{cast_.old.name, cast_.target.name, cast_.target.listed_host, cast_.target.listed_port}};
        step.undone = {RoleIs{cast_.old.name, "master"}, HandsOver{cast_.old.name, false}};
        step.opens_window = step.commits = true;
        step.patience_ms = wish_.timeout.count() + 2'000;
        move_labels();
        kill_clients();
        finish();
        return std::move(plan_);
    }

    Plan fenced() {
        plan_.engine = "fenced";
        plan_.expected_outage =
            "for a few milliseconds; writers are refused (NOREPLICAS, then READONLY), and then moved";
        plan_.loss_bound = 0;
        const std::string& old = cast_.old.name;
        const std::string& target = cast_.target.name;
        probe_before();
        route_services();
        await_endpoints(wish_.settle.count());
        Step& verify = add_step(plan_, "verify", "Roles, processes and links are still as planned.", old, Wait{});
        verify.before = as_planned();
        verify.already = {FollowsAddress{old, parking_host, parking_port}};
        fence();
        Step& catch_up = add_step(plan_, "catch-up", fmt::format("{} has every byte of {}.", target, old), target,
                                  CatchUp{old, target, wish_.timeout.count(), true});
        catch_up.already = {FollowsAddress{old, parking_host, parking_port}};
        Step& park = add_step(
            plan_, "park", fmt::format("{} stops being a master, without a timer: nobody lives at that address.", old),
            old, to(old, {replicaof(parking_host, parking_port)}));
        park.before = {SameProcess{old, cast_.old.run_id}};
        park.already = park.after = {FollowsAddress{old, parking_host, parking_port}};
        park.undo = {to(old, {{"REPLICAOF", "NO", "ONE"}})};
        park.undone = {RoleIs{old, "master"}};
        add_step(plan_, "drain", fmt::format("{} has the last byte, now that no new one can come.", target), target,
                 CatchUp{old, target, wish_.timeout.count()});
        Step& step = promote();
        step.before = {FollowsAddress{old, parking_host, parking_port}, SameProcess{target, cast_.target.run_id},
                       RoleIs{target, "replica"}};
        Step& demote =
            add_step(plan_, "demote", fmt::format("{} follows the new master and gets its settings back.", old), old,
                     to(old, unfence(true)));
        demote.already = demote.after = {Follows{old, target, false},
                                         SettingIs{old, "min-replicas-to-write", cast_.old.min_replicas}};
        move_labels();
        kill_clients();
        finish();
        return std::move(plan_);
    }

    Plan emergency() {
        plan_.mode = Mode::emergency;
        plan_.engine = "emergency";
        plan_.expected_outage = "until the clients find the new master; they have had none since the old one died";
        plan_.loss_reason = "the old master cannot be read: what it acknowledged and had not sent yet is unknown";
        route_services();
        delete_old_pod();
        Step& step = promote();
        step.before = {SameProcess{cast_.target.name, cast_.target.run_id}, RoleIs{cast_.target.name, "replica"}};
        move_labels();
        lower_minimum();
        repoint_others();
        await_others();
        probe_after();
        // The proxies learn it while the new master takes writes already: there is no old one to keep clients from.
        await_endpoints(0);
        annotate();
        persist();
        return std::move(plan_);
    }

  private:
    void finish() {
        repoint_others();
        await_others();
        await_old();
        probe_after();
        annotate();
        persist();
    }

    // A process that only hangs wakes up and acknowledges writes that nobody will ever see.
    void delete_old_pod() {
        const Player& old = cast_.old;
        if (!wish_.delete_old_pod || old.pod.empty()) {
            plan_.notes.push_back(
                fmt::format("{} is not fenced: if it only hangs, or is cut off, it can go on taking writes of "
                            "clients that are connected to it, and those are lost{}",
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

    bool sets_max_lag() const { return cast_.old.min_replicas_lag == "0"; }

    void fence() {
        const std::string& old = cast_.old.name;
        std::vector<Words> commands;
        if (sets_max_lag()) commands.push_back(config_set("min-replicas-max-lag", "10"));
        commands.push_back(config_set("min-replicas-to-write", fence_value));
        Step& step =
            add_step(plan_, "fence", fmt::format("{} refuses every write from here on, also when redisctl dies.", old),
                     old, to(old, std::move(commands)));
        step.before = {SameProcess{old, cast_.old.run_id}};
        step.after = {WritesRefused{old}};
        step.undo = {to(old, unfence(false))};
        step.undone = {SettingIs{old, "min-replicas-to-write", cast_.old.min_replicas}};
        step.opens_window = true;
    }

    std::vector<Words> unfence(bool follow) const {
        std::vector<Words> commands;
        if (follow) commands = {{"MULTI"}, replicaof(cast_.target.host, cast_.target.port)};
        commands.push_back(config_set("min-replicas-to-write", cast_.old.min_replicas));
        if (sets_max_lag()) commands.push_back(config_set("min-replicas-max-lag", "0"));
        if (follow) commands.push_back({"EXEC"});
        return commands;
    }

    // A new master that asks for more replicas than are left would refuse every write.
    void lower_minimum() {
        const size_t left = cast_.others.size();
        if (cast_.target.min_replicas.empty() || std::stoul(cast_.target.min_replicas) <= left) return;
        Step& step = add_step(plan_, "lower-min-replicas",
                              fmt::format("{} would refuse writes until {} replicas follow it, and {} are left.",
                                          cast_.target.name, cast_.target.min_replicas, left),
                              cast_.target.name,
                              to(cast_.target.name, {config_set("min-replicas-to-write", std::to_string(left))}));
        step.after = {SettingIs{cast_.target.name, "min-replicas-to-write", std::to_string(left)}};
        plan_.notes.push_back(
            fmt::format("min-replicas-to-write of {} is lowered from {} to {}: set it back when the "
                        "replicas are there again",
                        cast_.target.name, cast_.target.min_replicas, left));
    }

    std::vector<std::string> names_of_services() const {
        std::vector<std::string> names;
        for (const MovedService& service : cast_.services) names.push_back(service.name);
        return names;
    }

    const Cast& cast_;
    const Wish& wish_;
    Plan plan_;
};

}  // namespace

Plan plan_failover_command(const Cast& cast, const Wish& wish) {
    return Planner(cast, wish).failover_command();
}

Plan plan_fenced(const Cast& cast, const Wish& wish) {
    return Planner(cast, wish).fenced();
}

Plan plan_emergency(const Cast& cast, const Wish& wish) {
    return Planner(cast, wish).emergency();
}

}  // namespace redisctl::failover
