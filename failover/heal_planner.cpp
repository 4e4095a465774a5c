#include "failover/heal_planner.h"

#include "failover/cast.h"
#include "failover/facts_kubernetes.h"
#include "failover/heal_loss.h"
#include "failover/planner.h"
#include "failover/steps.h"
#include "topology/home.h"
#include "topology/role_labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace redisctl::failover {

namespace {

constexpr const char* minimum = "min-replicas-to-write";
constexpr const char* max_lag = "min-replicas-max-lag";

class Healer {
  public:
    Healer(const Facts& facts, const Diagnosis& diagnosis, const HealWish& wish)
        : facts_(facts), diagnosis_(diagnosis), wish_(wish), plan_(begin_plan(facts, "heal", diagnosis.survivor)) {
        plan_.checks = diagnosis.checks;
        plan_.unshared = diagnosis.unshared;
        for (size_t i = 0; i < facts.nodes.size(); i++)
            players_.emplace(facts.instance.nodes[i].name, player_for(facts, i));
        plan_.notes = diagnosis.troubles;
        if (!diagnosis.why.empty())
            plan_.notes.push_back(
                fmt::format("{} {} the master: {}", plan_.to, diagnosis.promote ? "becomes" : "stays", diagnosis.why));
        plan_.notes.insert(plan_.notes.end(), diagnosis.notes.begin(), diagnosis.notes.end());
    }

    Plan plan() {
        plan_.candidates = histories(facts_, diagnosis_);
        // As long as nobody is chosen the loss is either's; the histories are shown.
        if (plan_.to.empty()) return std::move(plan_);
        state_loss(plan_);
        master_ = address_to_follow(facts_, plan_.to);
        route_services();
        fence();
        save();
        demote();
        promote();
        move_labels();
        kill_clients();
        repoint();
        give_back();
        await_links();
        probe();
        tell_drift();
        persist();
        return std::move(plan_);
    }

  private:
    Words follow() const { return replicaof(master_.host, master_.port); }

    // Where a loser's Service leads, clients come to the survivor before the loser is fenced.
    void route_services() {
        const std::string& pod = players_.at(plan_.to).pod;
        if (pod.empty()) return;
        std::vector<std::string> moved;
        for (const MovedService& service : services_to_move(facts_, pod, plan_.notes)) {
            const bool astray = std::any_of(players_.begin(), players_.end(), [&](const auto& one) {
                const Player& player = one.second;
                return player.name != plan_.to && !player.pod.empty() && player.pod != pod && leads_to(service, player);
            });
            if (!astray) continue;
            moved.push_back(service.name);
            add_route(plan_, service, plan_.to);
        }
        for (const std::string& service : moved) add_endpoints(plan_, service, pod, 0);
    }

    // A selector that names the pod, or endpoints that are it.
    bool leads_to(const MovedService& service, const Player& player) const {
        if (std::any_of(service.from.begin(), service.from.end(),
                        [&](const auto& pair) { return pair.second == player.pod; }))
            return true;
        return std::any_of(facts_.picture.services.begin(), facts_.picture.services.end(),
                           [&](const topology::ServicePicture& one) {
                               const auto has = [&](const std::string& name) {
                                   return std::find(one.ready.begin(), one.ready.end(), name) != one.ready.end();
                               };
                               return one.name == service.name && has(player.name) && !has(plan_.to);
                           });
    }

    // What a leftover fence is to be set back to, else what is set now.
    std::string minimum_of(const std::string& node) const {
        for (const Leftover& leftover : diagnosis_.leftovers)
            if (leftover.node == node) return leftover.back;
        return players_.at(node).min_replicas;
    }

    std::vector<Words> unfence(const std::string& node, const std::string& value) const {
        std::vector<Words> commands{config_set(minimum, value)};
        if (players_.at(node).min_replicas_lag == "0") commands.push_back(config_set(max_lag, "0"));
        return commands;
    }

    void fence() {
        if (diagnosis_.losers.empty()) return;
        Send send, back;
        Step step;
        for (const std::string& loser : diagnosis_.losers) {
            const Player& player = players_.at(loser);
            std::vector<Words> commands;
            if (player.min_replicas_lag == "0") commands.push_back(config_set(max_lag, "10"));
            commands.push_back(config_set(minimum, fence_value));
            send.to.push_back({loser, std::move(commands)});
            back.to.push_back({loser, unfence(loser, player.min_replicas)});
            step.before.push_back(SameProcess{loser, player.run_id});
            step.before.push_back(RoleIs{loser, "master"});
            step.after.push_back(WritesRefused{loser});
            step.undone.push_back(SettingIs{loser, minimum, player.min_replicas});
        }
        step.before.push_back(SameProcess{plan_.to, players_.at(plan_.to).run_id});
        step.before.push_back(RoleIs{plan_.to, "master"});
        step.id = "fence";
        step.why = fmt::format("{} refuses every write from here on, so that what is read is all.",
                               fmt::join(diagnosis_.losers, ", "));
        step.node = diagnosis_.losers.size() == 1 ? diagnosis_.losers.front() : "";
        step.action = std::move(send);
        step.undo = {std::move(back)};
        plan_.steps.push_back(std::move(step));
    }

    void save() {
        for (const std::string& loser : diagnosis_.losers) {
            const auto known = std::find_if(plan_.unshared.begin(), plan_.unshared.end(),
                                            [&](const Unshared& one) { return one.node == loser; });
            SaveUnshared action{loser,
                                plan_.to,
                                fmt::format("{}/{}-lost-{}.resp", wish_.folder, wish_.operation, loser),
                                static_cast<int64_t>(wish_.limits.bytes),
                                wish_.limits.time.count(),
                                true};
            // What was seen to be out of reach does not stop us now; the name has to be typed for it.
            if (known != plan_.unshared.end() && (!known->writes || !known->whole)) action.must = false;
            add_step(plan_, "save-" + loser,
                     fmt::format("What only {} wrote is kept: {} will not have it.", loser, plan_.to), loser,
                     std::move(action));
        }
    }

    void demote() {
        if (diagnosis_.losers.empty()) return;
        Send send;
        Step step;
        for (const std::string& loser : diagnosis_.losers) {
            std::vector<Words> commands{{"MULTI"}, follow()};
            for (Words& words : unfence(loser, minimum_of(loser))) commands.push_back(std::move(words));
            commands.push_back({"EXEC"});
            send.to.push_back({loser, std::move(commands)});
            step.before.push_back(SameProcess{loser, players_.at(loser).run_id});
            step.after.push_back(Follows{loser, plan_.to, false});
            step.after.push_back(SettingIs{loser, minimum, minimum_of(loser)});
        }
        step.before.push_back(RoleIs{plan_.to, "master"});
        step.already = step.after;
        step.id = "demote";
        step.why =
            fmt::format("{} follows {}, and gives up what only it has.", fmt::join(diagnosis_.losers, ", "), plan_.to);
        step.node = diagnosis_.losers.size() == 1 ? diagnosis_.losers.front() : "";
        step.action = std::move(send);
        step.commits = true;
        plan_.steps.push_back(std::move(step));
    }

    void promote() {
        if (!diagnosis_.promote) return;
        const std::string& node = plan_.to;
        Step& step = add_step(plan_, "promote", fmt::format("{} becomes the master.", node), node, Promote{node, ""});
        step.before = {SameProcess{node, players_.at(node).run_id}, RoleIs{node, "replica"}};
        step.already = step.after = {RoleIs{node, "master"}};
        step.commits = true;
    }

    void move_labels() {
        const std::optional<size_t> to = facts_.index_of(plan_.to);
        const std::string& pod = players_.at(plan_.to).pod;
        bool labelled = topology::says_master(facts_.picture.nodes[*to].role_label) == true;
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            if (i == *to) continue;
            for (const MovedLabel& label : labels_to_move(facts_, i, *to)) {
                const std::string& old = facts_.instance.nodes[i].pod;
                Step& off = add_step(plan_, fmt::format("unlabel-{}", old),
                                     fmt::format("Pod {} is not called master any more.", old), "",
                                     PatchLabel{old, label.key, label.old_value, labelled ? "" : label.replica});
                off.already = off.after = {LabelIs{old, label.key, labelled ? "" : label.replica}};
                if (labelled) continue;
                labelled = true;
                Step& on = add_step(plan_, fmt::format("label-{}", pod), fmt::format("Pod {} is called master.", pod),
                                    "", PatchLabel{pod, label.key, label.new_value, label.master});
                on.already = on.after = {LabelIs{pod, label.key, label.master}};
            }
        }
    }

    void kill_clients() {
        if (diagnosis_.losers.empty()) return;
        Send send;
        for (const std::string& loser : diagnosis_.losers) send.to.push_back({loser, close_clients()});
        add_step(plan_, "move-clients", "Connections stay with a former master for ever unless they are closed.", "",
                 std::move(send))
            .essential = false;
    }

    void repoint() {
        if (diagnosis_.misled.empty()) return;
        Send send, back;
        Step step;
        std::vector<std::string> names;
        for (const Misled& one : diagnosis_.misled) {
            const redis::NodeView& view = *facts_.view_of(one.node);
            send.to.push_back({one.node, {follow()}});
            back.to.push_back({one.node, {replicaof(view.master_host, view.master_port.value_or(0))}});
            step.before.push_back(SameProcess{one.node, players_.at(one.node).run_id});
            step.after.push_back(FollowsAddress{one.node, master_.host, master_.port});
            step.undone.push_back(FollowsAddress{one.node, view.master_host, view.master_port.value_or(0)});
            names.push_back(one.node);
        }
        step.already = step.after;
        step.id = "repoint";
        step.why = fmt::format("{} {} the master.", fmt::join(names, ", "), names.size() == 1 ? "follows" : "follow");
        step.node = names.size() == 1 ? names.front() : "";
        step.action = std::move(send);
        step.undo = {std::move(back)};
        step.commits = diagnosis_.losers.empty() && !diagnosis_.promote;
        plan_.steps.push_back(std::move(step));
    }

    bool is_loser(const std::string& node) const {
        return std::find(diagnosis_.losers.begin(), diagnosis_.losers.end(), node) != diagnosis_.losers.end();
    }

    void give_back() {
        for (const Leftover& leftover : diagnosis_.leftovers) {
            if (leftover.assumed)
                plan_.notes.push_back(fmt::format("what {} of {} was before no journal tells: it is set to {}",
                                                  leftover.name, leftover.node, leftover.back));
            if (is_loser(leftover.node)) continue;  // with its demotion
            Step& step = add_step(plan_, "give-back-" + leftover.node,
                                  fmt::format("{} of {} is what it was before.", leftover.name, leftover.node),
                                  leftover.node, Send{{{leftover.node, {config_set(leftover.name, leftover.back)}}}});
            step.already = step.after = {SettingIs{leftover.node, leftover.name, leftover.back}};
            step.undo = {Send{{{leftover.node, {config_set(leftover.name, leftover.found)}}}}};
            step.undone = {SettingIs{leftover.node, leftover.name, leftover.found}};
        }
        for (const std::string& node : diagnosis_.paused) {
            if (is_loser(node)) continue;
            add_step(plan_, "unpause-" + node, "Writers that wait go on.", node,
                     Send{{{node, {{"CLIENT", "UNPAUSE"}}}}});
        }
    }

    void await_links() {
        std::vector<Condition> linked;
        for (const std::string& loser : diagnosis_.losers) linked.push_back(Follows{loser, plan_.to});
        for (const Misled& one : diagnosis_.misled) linked.push_back(Follows{one.node, plan_.to});
        if (linked.empty()) return;
        Step& step =
            add_step(plan_, "replicas-linked", fmt::format("They have all that {} has.", plan_.to), "", Wait{});
        step.after = std::move(linked);
        step.patience_ms = wish_.patience.count();
    }

    void probe() {
        if (!wish_.probe) return;
        add_step(plan_, "write", "The master acknowledges a write.", plan_.to,
                 WriteProbe{plan_.to, fmt::format("redisctl:probe:{}", wish_.operation)});
    }

    // The Services say where the master is when it is not where the chart makes it, and nothing when it is.
    void tell_drift() {
        const std::string home = topology::home_pod(facts_.instance, facts_.picture.system);
        const std::string& pod = players_.at(plan_.to).pod;
        if (home.empty() || pod.empty()) return;
        for (const kube::Service& service : facts_.instance.services) {
            const auto told = service.meta.annotations.find(drift_annotation);
            if (pod == home) {
                if (told != service.meta.annotations.end()) add_drift(plan_, service.meta.name, "");
                continue;
            }
            const bool right = told != service.meta.annotations.end() && told->second.starts_with(pod + " instead of ");
            if (!right && !plan_.steps.empty() && leads_writers(service))
                add_drift(plan_, service.meta.name, drift_text(pod, home, wish_.operation));
        }
    }

    bool leads_writers(const kube::Service& service) const {
        const bool owned = std::any_of(service.meta.owners.begin(), service.meta.owners.end(),
                                       [](const kube::OwnerReference& owner) { return owner.controller; });
        return !owned && std::any_of(facts_.picture.services.begin(), facts_.picture.services.end(),
                                     [&](const topology::ServicePicture& one) {
                                         return one.name == service.meta.name && one.type == "master";
                                     });
    }

    // Without it a restarted process goes back to what its file says. Where the chart gives out the roles it is in
    // vain, and an operator's file is a ConfigMap.
    void persist() {
        if (plan_.system == "sb-replica" || plan_.system.starts_with("spotahome") || plan_.steps.empty()) return;
        Send send;
        for (const auto& [name, player] : players_) {
            const bool misled = std::any_of(diagnosis_.misled.begin(), diagnosis_.misled.end(),
                                            [&](const Misled& one) { return one.node == name; });
            // A survivor that somebody promoted by hand: its file may still say whom it followed.
            const bool survivor = name == plan_.to && (diagnosis_.promote || !diagnosis_.losers.empty());
            const bool touched = survivor || misled || is_loser(name);
            if (touched && player.has_config_file) send.to.push_back({name, {{"CONFIG", "REWRITE"}}});
        }
        if (send.to.empty()) return;
        add_step(plan_, "persist", "A restarted process keeps its role.", "", std::move(send)).essential = false;
    }

    const Facts& facts_;
    const Diagnosis& diagnosis_;
    const HealWish& wish_;
    std::map<std::string, Player> players_;
    net::HostPort master_;
    Plan plan_;
};

}  // namespace

Plan plan_heal(const Facts& facts, const Diagnosis& diagnosis, const HealWish& wish) {
    return Healer(facts, diagnosis, wish).plan();
}

}  // namespace redisctl::failover
