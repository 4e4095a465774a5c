#include "failover/planner.h"

#include "failover/steps.h"
#include "failover/switch_steps.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

class Planner : SwitchSteps {
  public:
    Planner(const Cast& cast, const Wish& wish) : SwitchSteps(cast, wish) {}

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
        hand_over();
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
            old, send_to(old, {replicaof(parking_host, parking_port)}));
        park.before = {SameProcess{old, cast_.old.run_id}};
        park.already = park.after = {FollowsAddress{old, parking_host, parking_port}};
        park.undo = {send_to(old, {{"REPLICAOF", "NO", "ONE"}})};
        park.undone = {RoleIs{old, "master"}};
        add_step(plan_, "drain", fmt::format("{} has the last byte, now that no new one can come.", target), target,
                 CatchUp{old, target, wish_.timeout.count()});
        Step& step = promote();
        step.before = {FollowsAddress{old, parking_host, parking_port}, SameProcess{target, cast_.target.run_id},
                       RoleIs{target, "replica"}};
        Step& demote =
            add_step(plan_, "demote", fmt::format("{} follows the new master and gets its settings back.", old), old,
                     send_to(old, unfence_and_follow()));
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

    // A new master that asks for more replicas than are left would refuse every write.
    void lower_minimum() {
        const size_t left = cast_.others.size();
        if (cast_.target.min_replicas.empty() || std::stoul(cast_.target.min_replicas) <= left) return;
        Step& step = add_step(plan_, "lower-min-replicas",
                              fmt::format("{} would refuse writes until {} replicas follow it, and {} are left.",
                                          cast_.target.name, cast_.target.min_replicas, left),
                              cast_.target.name,
                              send_to(cast_.target.name, {config_set("min-replicas-to-write", std::to_string(left))}));
        step.after = {SettingIs{cast_.target.name, "min-replicas-to-write", std::to_string(left)}};
        plan_.notes.push_back(
            fmt::format("min-replicas-to-write of {} is lowered from {} to {}: set it back when the "
                        "replicas are there again",
                        cast_.target.name, cast_.target.min_replicas, left));
    }
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
