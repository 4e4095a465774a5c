#include "failover/diagnosis.h"

#include "base/text.h"
#include "failover/divergence.h"
#include "failover/election.h"
#include "failover/planner.h"
#include "failover/pre_checks_parts.h"
#include "failover/survivor.h"
#include "failover/unshared.h"
#include "topology/graph.h"
#include "topology/system.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;

constexpr const char* minimum = "min-replicas-to-write";

// As the journals of this instance tell; the newest counts.
std::optional<std::string> value_before(const Hearsay& hearsay, const std::string& node, const std::string& name) {
    for (const Recorded& recorded : hearsay.journals)
        for (const Step& step : recorded.plan.steps)
            for (const Condition& condition : step.undone)
                if (const auto* setting = std::get_if<SettingIs>(&condition);
                    setting != nullptr && setting->node == node && setting->name == name &&
                    setting->value != fence_value)
                    return setting->value;
    return std::nullopt;
}

class Doctor {
  public:
    Doctor(const Facts& facts, const Hearsay& hearsay)
        : facts_(facts),
          hearsay_(hearsay),
          answers_(answers_of(facts)),
          book_(facts.instance, answers_),
          graph_(topology::make_graph(facts.instance, answers_, book_)) {}

    Diagnosis examine() {
        stand_aside();
        const std::vector<std::string> masters = masters_of(facts_);
        // The operator makes them all follow the one outside, which is no matter of ours.
        if (facts_.picture.system == "spotahome-bootstrap" && masters.empty()) return {};
        if (masters.size() > 1) trouble("{} are masters at once", fmt::join(masters, ", "));
        tell_of_circles();
        Survivor chosen = choose_survivor(facts_, hearsay_, masters);
        result_.survivor = chosen.node;
        result_.why = chosen.why;
        result_.unshared = chosen.lost;
        result_.compared = hearsay_.unshared;
        if (chosen.obstacle) result_.checks.push_back(*chosen.obstacle);
        if (chosen.no_master) trouble("no node is a master");
        result_.promote =
            !chosen.node.empty() && std::find(masters.begin(), masters.end(), chosen.node) == masters.end();
        for (const std::string& master : masters)
            if (master != chosen.node && !chosen.node.empty()) result_.losers.push_back(master);
        look_at_replicas();
        look_for_leftovers();
        if (!sentinels_.empty()) ask_sentinels(masters);
        return std::move(result_);
    }

  private:
    template <class... Args>
    void trouble(fmt::format_string<Args...> format, Args&&... args) {
        result_.troubles.push_back(fmt::format(format, std::forward<Args>(args)...));
    }

    void block(std::string name, std::string node, std::string value, std::string limit, std::string hint) {
        result_.checks.push_back({std::move(name), Verdict::block, std::move(node), std::move(value), std::move(limit),
                                  std::move(hint), false, false});
    }

    const std::string& name_of(size_t i) const { return facts_.instance.nodes[i].name; }

    // Others that repair this by themselves must not be worked against.
    void stand_aside() {
        std::set<std::string> watchers;
        for (const fleet::Node& sentinel : facts_.instance.sentinels) sentinels_.insert(sentinel.name);
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const NodeFacts& node = facts_.nodes[i];
            if (!node.view) continue;
            if (node.view->mode == "cluster") watchers.insert("a Redis Cluster");
            if (!node.view->failover_state.empty() && node.view->failover_state != "no-failover")
                block("failover", name_of(i), node.view->failover_state, "no failover under way",
                      "wait for its end, or redisctl resume");
            if (!node.company) continue;
            sentinels_.insert(node.company->sentinels.begin(), node.company->sentinels.end());
            if (node.company->listeners.value_or(0) > 0) sentinels_.insert(fmt::format("listeners at {}", name_of(i)));
        }
        const std::string& system = facts_.picture.system;
        if (topology::decided_elsewhere(system))
            (system == "cluster-mode" || system == "unrelated-masters" ? watchers : sentinels_).insert(system);
        if (!watchers.empty())
            block("watchers", "", fmt::format("{}", fmt::join(watchers, ", ")), "nobody else decides who follows whom",
                  system == "unrelated-masters" ? topology::way_to_one_master(system) : "redisctl status");
        for (const Recorded& recorded : hearsay_.journals)
            if (!recorded.ended && recorded.goes_on_by.empty()) {
                std::string where = fmt::format("{} stopped at {}", recorded.operation,
                                                recorded.last_step.empty() ? "its beginning" : recorded.last_step);
                trouble("an operation is not finished: {}", where);
                block("operation", "", std::move(where), "no unfinished operation",
                      fmt::format("redisctl resume {}", recorded.operation));
            }
    }

    // What they want themselves may be done for them, at once and with what would be lost saved before; nothing else.
    void ask_sentinels(const std::vector<std::string>& masters) {
        if (result_.troubles.empty()) return;
        const auto refuse = [&](std::string value, std::string limit, std::string hint) {
            block("watchers", "", std::move(value), std::move(limit), std::move(hint));
        };
        const std::string all = fmt::format("{}", fmt::join(sentinels_, ", "));
        if (!watched_by_sentinels(facts_))
            return refuse(all, "a Sentinel that can be asked",
                          "name one: --sentinel HOST:PORT; else they repair this themselves: redisctl status");
        if (masters.empty())
            return refuse(all, "a master", "Sentinels watch: redisctl failover explains why they elect nobody");
        bool named = false;
        for (size_t i = 0; i < facts_.sentinels.size(); i++) {
            const SentinelFacts& sentinel = facts_.sentinels[i];
            if (!sentinel.word) continue;
            named = named || !facts_.picture.sentinels[i].master_node.empty();
            if (redis::has_flag(sentinel.word->master.flags, "failover_in_progress"))
                return refuse(fmt::format("{} is at its failover", sentinel.name), "they are at no failover",
                              "wait for its end: redisctl status");
        }
        // An operator names the one that is left to them itself.
        if (!named && facts_.picture.system == "spotahome")
            return result_.notes.push_back("the Sentinels name none of them; the operator names the one that is left");
        if (result_.survivor.empty() || settled_on(facts_, result_.survivor)) return;
        std::string theirs;
        for (const std::string& master : masters)
            if (settled_on(facts_, master)) theirs = master;
        refuse(theirs.empty() ? "they do not agree" : fmt::format("they name {}", theirs),
               fmt::format("most of them name {}", result_.survivor),
               theirs.empty() ? "wait until they do: redisctl status" : fmt::format("redisctl heal --keep {}", theirs));
    }

    void tell_of_circles() {
        for (const std::vector<size_t>& circle : graph_.loops) {
            std::vector<std::string> names;
            for (const size_t i : circle) names.push_back(name_of(i));
            if (names.size() == 1)
                trouble("{} is told to follow itself", names.front());
            else
                trouble("{} follow each other in a circle", fmt::join(names, ", "));
        }
    }

    void mislead(size_t i, std::string why) {
        const std::string& name = name_of(i);
        const NodeView& view = *facts_.nodes[i].view;
        result_.troubles.push_back(why);
        result_.misled.push_back({name, std::move(why)});
        // What it copied from a loser the loser has too.
        const bool linked = view.link_up == true && graph_.master[i].has_value();
        const bool listed = std::any_of(result_.unshared.begin(), result_.unshared.end(),
                                        [&](const Unshared& one) { return one.node == name; });
        const NodeView* survivor = facts_.view_of(result_.survivor);
        if (linked || listed || survivor == nullptr || redis::keys_by_database(facts_.nodes[i].info).empty()) return;
        const Divergence parted = compare(view, *survivor);
        if (parted.only_first == 0) return;
        result_.unshared.push_back(unshared_by_offsets(name, result_.survivor, parted));
    }

    void look_at_replicas() {
        if (result_.survivor.empty()) return;
        std::set<size_t> circling;
        for (const auto& circle : graph_.loops) circling.insert(circle.begin(), circle.end());
        const std::optional<size_t> survivor = facts_.index_of(result_.survivor);
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const Result<NodeView>& view = facts_.nodes[i].view;
            if (!view) {
                result_.notes.push_back(fmt::format("{} does not answer and is left as it is", name_of(i)));
                continue;
            }
            if (view->role != Role::replica || i == survivor || graph_.first[i] != i) continue;
            const std::optional<size_t>& followed = graph_.master[i];
            if (followed && graph_.first[*followed] == survivor) continue;
            if (!followed)
                mislead(i, follows_stranger(i));
            else if (!facts_.nodes[*followed].view)
                follows_silent(i, *followed);
            else if (circling.count(i) > 0)
                mislead_quietly(i);
            else if (facts_.nodes[*followed].view->role == Role::replica)
                mislead(i, fmt::format("{} follows {}, which is a replica itself", name_of(i), name_of(*followed)));
            else
                mislead(i, fmt::format("{} follows {}", name_of(i), name_of(*followed)));
        }
    }

    // The circle was told of already.
    void mislead_quietly(size_t i) {
        const size_t told = result_.troubles.size();
        mislead(i, fmt::format("{} is in a circle", name_of(i)));
        result_.troubles.resize(told);
    }

    std::string follows_stranger(size_t i) const {
        const NodeView& view = *facts_.nodes[i].view;
        if (view.master_host == parking_host && view.master_port == parking_port)
            return fmt::format("{} is parked at {}:{}, where nobody lives", name_of(i), parking_host, parking_port);
        return fmt::format("{} follows {}:{}, which is no node of this instance", name_of(i), view.master_host,
                           view.master_port.value_or(0));
    }

    void follows_silent(size_t i, size_t master) {
        if (facts_.nodes[i].view->link_up == true) {
            trouble("{} follows {}, which does not answer us", name_of(i), name_of(master));
            return block("silent-master", name_of(master), fmt::format("{} has its link up to it", name_of(i)),
                         "it answers", "it lives and we do not reach it: another route, --via");
        }
        mislead(i, fmt::format("{} follows {}, which does not answer", name_of(i), name_of(master)));
    }

    void look_for_leftovers() {
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const NodeFacts& node = facts_.nodes[i];
            if (!node.view || graph_.first[i] != i || !node.settings) continue;
            if (node.view->role == Role::replica && node.view->priority == 0)
                result_.notes.push_back(fmt::format("{} has replica-priority 0: it is never promoted", name_of(i)));
            const auto found = node.settings->values.find(minimum);
            if (found == node.settings->values.end()) continue;
            const std::optional<int64_t> value = parse_int(found->second);
            if (!value || *value < *parse_int(fence_value)) continue;
            const std::optional<std::string> before = value_before(hearsay_, name_of(i), minimum);
            result_.leftovers.push_back({name_of(i), minimum, found->second, before.value_or("0"), !before});
            trouble("{} has {} {}: a fence that a killed run left", name_of(i), minimum, found->second);
        }
        for (const std::string& name : hearsay_.paused) {
            result_.paused.push_back(name);
            trouble("{} holds all writes back: CLIENT PAUSE", name);
        }
    }

    const Facts& facts_;
    const Hearsay& hearsay_;
    topology::Answers answers_;
    topology::AddressBook book_;
    topology::Graph graph_;
    std::set<std::string> sentinels_;  // and whoever else decides by them
    Diagnosis result_;
};

}  // namespace

namespace {

// What replicas have whose link is up; nullopt when there is none.
std::optional<std::string> tls_that_works(const Facts& facts) {
    for (const NodeFacts& node : facts.nodes)
        if (node.view && node.view->role == Role::replica && node.view->link_up == true && node.settings)
            return tls_replication(node);
    return std::nullopt;
}

}  // namespace

bool Diagnosis::loses() const {
    return std::any_of(unshared.begin(), unshared.end(), may_hold_writes);
}

std::vector<std::string> masters_of(const Facts& facts) {
    std::vector<std::string> masters;
    std::set<std::string> run_ids;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const Result<NodeView>& view = facts.nodes[i].view;
        if (view && view->role == Role::master && run_ids.insert(view->run_id).second)
            masters.push_back(facts.instance.nodes[i].name);
    }
    return masters;
}

void check_logins(const Facts& facts, Diagnosis& diagnosis) {
    std::vector<std::string> followers = diagnosis.losers;
    for (const Misled& one : diagnosis.misled) followers.push_back(one.node);
    const std::optional<std::string> tls = tls_that_works(facts);
    for (const std::string& name : followers) {
        const NodeFacts& node = *facts.find(name);
        if (tls && node.settings && tls_replication(node) != *tls)
            diagnosis.checks.push_back({"tls-replication", Verdict::block, name, tls_replication(node),
                                        *tls + ", as the replicas have it that are linked",
                                        fmt::format("CONFIG SET tls-replication {} on {}", *tls, name), false, false});
        const std::optional<Result<void>>& tried = node.admitted_by_master;
        if (!tried) {
            diagnosis.notes.push_back(
                fmt::format("whether {} can log in to {} could not be tried", name, diagnosis.survivor));
            continue;
        }
        if (*tried) continue;
        diagnosis.checks.push_back(
            {"login", Verdict::block, name, tried->error().message,
             fmt::format("{} can log in to {}", name, diagnosis.survivor),
             fmt::format("give {} the masteruser and masterauth that {} takes: CONFIG SET masterauth", name,
                         diagnosis.survivor),
             false, false});
    }
}

Diagnosis diagnose(const Facts& facts, const Hearsay& hearsay) {
    return Doctor(facts, hearsay).examine();
}

}  // namespace redisctl::failover
