#include "failover/planner.h"
#include "failover/steps.h"
#include "failover/switch_steps.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

constexpr const char* priority_setting = "replica-priority";
constexpr int64_t usual_priority = 100;
// A Sentinel asks for it every ten seconds (redis src/sentinel.c SENTINEL_INFO_PERIOD).
constexpr int64_t priority_seen_ms = 15'000;

class SentinelPlanner : SwitchSteps {
  public:
    SentinelPlanner(const Cast& cast, const Wish& wish) : SwitchSteps(cast, wish), watch_(*cast.watch) {
        plan_.sentinels = watch_.sentinels;
    }

    Plan plan() {
        const std::string& old = cast_.old.name;
        const std::string& target = cast_.target.name;
        plan_.engine = "sentinel";
        plan_.expected_outage =
            "for 0.2 to 0.4 s, until the Sentinel has promoted; for about a second for clients that ask Sentinels "
            "where the master is; writers are refused (NOREPLICAS, then READONLY)";
        plan_.loss_bound = 0;
        probe_before();
        prefer();
        Step& verify =
            add_step(plan_, "verify", "Roles, processes, links and Sentinels are still as planned.", old, Wait{});
        verify.before = as_planned();
        verify.before.push_back(all_name(old));
        verify.already = {RoleIs{target, "master"}};
        fence();
        Step& catch_up = add_step(plan_, "catch-up", fmt::format("{} has every byte of {}.", target, old), target,
                                  CatchUp{old, target, wish_.timeout.count()});
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

    Plan emergency() {
        plan_.engine = "sentinel";
        begin_emergency();
        prefer();
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
        seen.patience_ms = priority_seen_ms;
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
        Step& step = add_step(
            plan_, "sentinel-failover", fmt::format("Sentinel {} promotes {}.", watch_.leader, target), watch_.leader,
            SentinelFailover{watch_.leader, watch_.master, plan_.mode == Mode::planned ? cast_.old.name : "", target,
                             others, second_probe()});
        step.before = {SameProcess{target, cast_.target.run_id}};
        if (plan_.mode == Mode::planned)
            step.before.insert(step.before.begin(),
                               {SameProcess{cast_.old.name, cast_.old.run_id}, WritesRefused{cast_.old.name}});
        step.already = step.after = {RoleIs{target, "master"}};
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

}  // namespace redisctl::failover
