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
        plan_.engine = "emergency";
        begin_emergency();
        route_services();
        delete_old_pod();
        Step& step = promote();
        step.before = {SameProcess{cast_.target.name, cast_.target.run_id}, RoleIs{cast_.target.name, "replica"}};
        move_labels();
        lower_minimum();
        repoint_others();
        name_to_sentinels();
        await_others();
        await_old();
        probe_after();
        // The proxies learn it while the new master takes writes already: there is no old one to keep clients from.
        await_endpoints(0);
        annotate();
        persist();
        return std::move(plan_);
    }

  private:
    // They would go on with the dead one. It forgets its epoch by that, so one that is silent now and comes back with
    // what it knows can turn the others again: a note says so.
    void name_to_sentinels() {
        if (!cast_.watch) return;
        const SentinelWatch& watch = *cast_.watch;
        const Player& target = cast_.target;
        plan_.sentinels = watch.sentinels;
        for (size_t i = 0; i < watch.sentinels.size(); i++) {
            const std::string& name = watch.sentinels[i];
            Step& step = add_step(
                plan_, "name-to-" + name, fmt::format("{} watches {} from here on.", name, target.name), name,
                Monitor{name, {watch.master}, watch.master, target.host, target.port, watch.settings[i], target.name});
            step.already = step.after = {SentinelsName{{name}, watch.master, target.name, 1}};
        }
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
