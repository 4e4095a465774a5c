#include "failover/planner.h"
#include "failover/steps.h"
#include "failover/switch_steps.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

constexpr const char* priority_setting = "replica-priority";
constexpr int64_t usual_priority = 100;
// A Sentinel asks nodes for INFO every ten seconds (redis src/sentinel.c SENTINEL_INFO_PERIOD).
constexpr int64_t seen_within_ms = 15'000;

class SentinelPlanner : SwitchSteps {
  public:
    SentinelPlanner(const Cast& cast, const Wish& wish) : SwitchSteps(cast, wish), watch_(*cast.watch) {
        plan_.sentinels = watch_.sentinels;
    }

    Plan plan() {
        const std::string& old = cast_.old.name;
        const std::string& target = cast_.target.name;
        plan_.engine = "sentinel";
        plan_.expected_outage = fmt::format(
            "for 0.2 to 0.4 s, until the Sentinel has promoted; for about a second for clients that ask Sentinels "
            "where the master is; {}",
            wish_.hold ? "writers wait, and are then refused (READONLY) where they ask the old one"
                       : "writers are refused (NOREPLICAS, then READONLY)");
        plan_.loss_bound = 0;
        probe_before();
        prefer();
        known_as_replica();
        verify();
        if (wish_.hold) {
            hold();
            plan_.notes.push_back(fmt::format(
                "writes are held by a pause that ends after {} ms; should redisctl be killed meanwhile, its "
                "guardian, a process of its own, makes it a fence and finishes the switch; should both be, "
                "two masters take writes until the Sentinels demote the old one some ten seconds later",
                wish_.timeout.count()));
        } else {
            fence();
        }
        // Half of the pause is for catching up and being promoted; a third of that at most for the first.
        const int64_t patience = wish_.hold ? wish_.timeout.count() / 6 : wish_.timeout.count();
        Step& catch_up = add_step(plan_, "catch-up", fmt::format("{} has every byte of {}.", target, old), target,
                                  CatchUp{old, target, patience});
        catch_up.already = {RoleIs{target, "master"}};
        promote_by_sentinel();
        Step& demote = add_step(plan_, "demote",
                                fmt::format("{} follows the new master at once and gets its settings back; the "
                                            "Sentinels would wait ten seconds for that.",
                                            old),
                                old, send_to(old, unfence_and_follow()));
        demote.already = demote.after = {Follows{old, target, false},
                                         SettingIs{old, "min-replicas-to-write", cast_.old.min_replicas}};
        for (const MovedLabel& label : cast_.labels) move_label(label);
        kill_clients();
        repoint_others();
        await_others();
        await_old();
        probe_after();
        spread();
        give_back_priorities();
        persist();
        return std::move(plan_);
    }

    // The Sentinel makes the master hold its writes and hand over, so nothing is fenced, and nothing to be demoted. It
    // lets go of the clients when it has heard of it, up to a second later: done here at once.
    Plan coordinated() {
        const std::string& old = cast_.old.name;
        plan_.engine = "sentinel-coordinated";
        plan_.expected_outage =
            "for a few milliseconds; for about a second for clients that ask Sentinels where the master is; writers "
            "wait, and are then moved";
        plan_.loss_bound = 0;
        probe_before();
        prefer();
        known_as_replica();
        verify();
        promote_by_sentinel();
        for (const MovedLabel& label : cast_.labels) move_label(label);
        std::vector<Words> release = close_clients();
        release.push_back({"CLIENT", "UNPAUSE"});
        add_step(plan_, "move-clients",
                 "The Sentinel holds the clients until it has heard of the new master, for up to a second; closed, "
                 "they find it now.",
                 old, send_to(old, std::move(release)))
            .essential = false;
        repoint_others();
        await_others();
        await_old();
        probe_after();
        spread();
        give_back_priorities();
        persist();
        return std::move(plan_);
    }

    Plan emergency() {
        plan_.engine = "sentinel";
        begin_emergency();
        prefer();
        known_as_replica();
        for (const MovedLabel& label : cast_.labels)
            if (!label.services.empty()) move_label(label);
        delete_old_pod();
        promote_by_sentinel();
        move_labels();
        lower_minimum();
        repoint_others();
        await_others();
        await_old();
        probe_after();
        await_endpoints(0);
        spread();
        give_back_priorities();
        persist();
        return std::move(plan_);
    }

  private:
    struct Borrowed {
        std::string node, before, now;
    };

    // A run that goes on where another was killed finds the Sentinel at it, or the replica promoted, and then does not
    // come here.
    void verify() {
        Step& step = add_step(plan_, "verify", "Roles, processes, links and Sentinels are still as planned.",
                              cast_.old.name, Wait{});
        step.before = as_planned();
        step.before.push_back(all_name(cast_.old.name));
        step.already = {SentinelAtIt{watch_.leader, watch_.master}};
    }

    Condition all_name(const std::string& node) const {
        return SentinelsName{watch_.sentinels, watch_.master, node, static_cast<int64_t>(watch_.sentinels.size())};
    }

    Condition most_name(const std::string& node) const {
        return SentinelsName{watch_.sentinels, watch_.master, node,
                             static_cast<int64_t>(watch_.sentinels.size() / 2 + 1)};
    }

    // Whom a Sentinel promotes is its own choice: it is left only one.
    std::vector<Borrowed> borrowed() const {
        std::vector<Borrowed> all;
        if (!watch_.keep_others_out) return all;
        for (const Player& other : cast_.others)
            if (other.priority != 0) all.push_back({other.name, std::to_string(other.priority), "0"});
        if (cast_.target.priority == 0)
            all.push_back({cast_.target.name, std::to_string(cast_.target.priority), std::to_string(usual_priority)});
        return all;
    }

    void prefer() {
        const std::vector<Borrowed> changed = borrowed();
        if (changed.empty()) return;
        Send set, back;
        Step step;
        for (const Borrowed& one : changed) {
            set.to.push_back({one.node, {config_set(priority_setting, one.now)}});
            back.to.push_back({one.node, {config_set(priority_setting, one.before)}});
            step.after.push_back(SettingIs{one.node, priority_setting, one.now});
            step.undone.push_back(SettingIs{one.node, priority_setting, one.before});
        }
        step.id = "prefer";
        step.why = fmt::format("The Sentinel can promote nobody but {}; given back afterwards.", cast_.target.name);
        step.action = std::move(set);
        step.undo = {std::move(back)};
        step.already = {RoleIs{cast_.target.name, "master"}};
        plan_.steps.push_back(std::move(step));
        Step& seen = add_step(plan_, "preferred", fmt::format("Sentinel {} knows it.", watch_.leader), "", Wait{});
        for (const Borrowed& one : changed)
            seen.after.push_back(SentinelSees{watch_.leader, watch_.master, one.node, std::stoll(one.now)});
        seen.already = {RoleIs{cast_.target.name, "master"}};
        seen.patience_ms = seen_within_ms;
        preferred_by_all(changed);
    }

    // Should another Sentinel begin a failover of its own in the middle of this one, it chooses by what it knows, and two
    // would be promoted.
    void preferred_by_all(const std::vector<Borrowed>& changed) {
        if (plan_.mode != Mode::planned || watch_.sentinels.size() < 2) return;
        Step& all = add_step(plan_, "preferred-by-all", "The other Sentinels know it too.", "", Wait{});
        for (const std::string& sentinel : watch_.sentinels)
            for (const Borrowed& one : changed)
                if (sentinel != watch_.leader)
                    all.after.push_back(SentinelSees{sentinel, watch_.master, one.node, std::stoll(one.now)});
        all.already = {RoleIs{cast_.target.name, "master"}};
        all.patience_ms = seen_within_ms;
        all.essential = false;
    }

    // One that has heard nothing but "master" of a replica for eight seconds makes it a replica again (redis
    // src/sentinel.c sentinelRefreshInstanceInfo). Between two of its questions the target was demoted, and would be
    // promoted.
    void known_as_replica() {
        if (watch_.mistaken.empty()) return;
        const std::string& target = cast_.target.name;
        Step& known = add_step(plan_, "known-as-replica",
                               fmt::format("{} was a master a moment ago, and {} not heard yet that it is none: "
                                           "promoted now it could be demoted again.",
                                           target, watch_.mistaken.size() == 1 ? "a Sentinel has" : "Sentinels have"),
                               "", Wait{});
        known.after = {SentinelsSeeReplica{watch_.mistaken, watch_.master, target}};
        known.already = {RoleIs{target, "master"}};
        known.patience_ms = seen_within_ms;
        known.essential = plan_.mode == Mode::planned;
    }

    void spread() {
        const std::string& target = cast_.target.name;
        Step& agree = add_step(plan_, "sentinels-agree",
                               fmt::format("Most Sentinels name {}{}.", target,
                                           watch_.keep_others_out ? "; until then they could promote nobody else" : ""),
                               "", SentinelsAgree{watch_.sentinels, watch_.master, target, plan_.addresses.at(target)});
        agree.already = {all_name(target)};
    }

    void promote_by_sentinel() {
        std::vector<std::string> others;
        for (const Player& other : cast_.others) others.push_back(other.name);
        const std::string& target = cast_.target.name;
        const bool planned = plan_.mode == Mode::planned, coordinated = plan_.engine == "sentinel-coordinated";
        const bool held = planned && wish_.hold;
        SentinelFailover failover{watch_.leader,  watch_.master, planned ? cast_.old.name : "", target, others,
                                  second_probe(), coordinated};
        if (coordinated) failover.held_ms = wish_.timeout.count();
        if (held) failover.held_ms = wish_.timeout.count() / 2, failover.refuse = refuse_writes();
        Step& step = add_step(plan_, "sentinel-failover",
                              coordinated ? fmt::format("Sentinel {} is elected, and makes {} hold all writes until {} "
                                                        "has every byte, then hand over.",
                                                        watch_.leader, cast_.old.name, target)
                                          : fmt::format("Sentinel {} promotes {}.", watch_.leader, target),
                              watch_.leader, std::move(failover));
        if (planned) step.before = {SameProcess{cast_.old.name, cast_.old.run_id}};
        if (planned && !coordinated && !held) step.before.push_back(WritesRefused{cast_.old.name});
        step.before.push_back(SameProcess{target, cast_.target.run_id});
        step.already = step.after = {RoleIs{target, "master"}};
        if (coordinated) {
            step.undo = {TakeBack{cast_.old.name, target, cast_.target.listed_host, cast_.target.listed_port},
                         send_to(cast_.old.name, {{"CLIENT", "UNPAUSE"}})};
            step.undone = {RoleIs{cast_.old.name, "master"}, HandsOver{cast_.old.name, false}};
        }
        step.commits = true;
        step.patience_ms = 5'000;
    }

    void give_back_priorities() {
        const std::vector<Borrowed> changed = borrowed();
        if (changed.empty()) return;
        Send back;
        Step step;
        for (const Borrowed& one : changed) {
            back.to.push_back({one.node, {config_set(priority_setting, one.before)}});
            step.after.push_back(SettingIs{one.node, priority_setting, one.before});
        }
        step.already = step.after;
        step.before = {most_name(cast_.target.name)};
        step.id = "give-back-priorities";
        step.why = "The Sentinels can promote the others again.";
        step.action = std::move(back);
        plan_.steps.push_back(std::move(step));
    }

    const SentinelWatch& watch_;
};

}  // namespace

Plan plan_emergency_by_sentinel(const Cast& cast, const Wish& wish) {
    return SentinelPlanner(cast, wish).emergency();
}

Plan plan_sentinel(const Cast& cast, const Wish& wish) {
    return SentinelPlanner(cast, wish).plan();
}

Plan plan_sentinel_coordinated(const Cast& cast, const Wish& wish) {
    return SentinelPlanner(cast, wish).coordinated();
}

}  // namespace redisctl::failover
