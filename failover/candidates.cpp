#include "failover/candidates.h"

#include "base/text.h"
#include "topology/lag.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;

constexpr int64_t default_priority = 100;

bool listed(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string bytes(int64_t count) {
    return human_bytes(static_cast<uint64_t>(std::max<int64_t>(0, count)));
}

class Scores {
  public:
    Scores(const Facts& facts, const Wish& wish, Mode mode)
        : facts_(facts), wish_(wish), mode_(mode), history_(history_of(facts)) {
        // Where nobody else can tell, the user does.
        if (const NodeView* named = facts.view_of(wish.promote); history_.replid.empty() && named != nullptr)
            history_.replid = mode == Mode::emergency ? named->replid : std::string();
        for (size_t i = 0; i < facts.nodes.size(); i++)
            if (const Result<NodeView>& view = facts.nodes[i].view; view && on_history(*view))
                furthest_ = std::max(furthest_, view->applied_offset.value_or(-1));
    }

    Score of(size_t i) const {
        Score score;
        score.node = facts_.instance.nodes[i].name;
        score.reasons = hindrances(i);
        score.eligible = score.reasons.empty();
        if (!score.eligible) {
            score.why = score.reasons.front();
            return score;
        }
        if (mode_ == Mode::emergency)
            count_emergency(i, score);
        else
            count_planned(i, score);
        score.why = fmt::format("{}", fmt::join(score.reasons, ", "));
        return score;
    }

    // Best first. `read` breaks an emergency's tie: what was read will be applied without the master's help; then whom
    // a Service can lead to.
    bool before(size_t a, const Score& x, size_t b, const Score& y) const {
        if (x.eligible != y.eligible) return x.eligible;
        if (x.points != y.points) return x.points > y.points;
        if (x.eligible && mode_ == Mode::emergency) {
            if (read_of(a) != read_of(b)) return read_of(a) > read_of(b);
            if (reachable(a) != reachable(b)) return reachable(a);
            if (!facts_.sentinels.empty()) return before_for_sentinels(view(a), view(b));
        }
        return natural_less(x.node, y.node);
    }

  private:
    // Among equals as a Sentinel chooses, so that nobody has to be kept from it first.
    static bool before_for_sentinels(const NodeView& a, const NodeView& b) {
        const auto rank = [](const NodeView& view) {
            return std::pair(view.priority.value_or(default_priority), std::string_view(view.run_id));
        };
        return rank(a) < rank(b);
    }

    const NodeView& view(size_t i) const { return *facts_.nodes[i].view; }
    int64_t read_of(size_t i) const { return view(i).read_offset.value_or(-1); }

    // Services lead to no pod that is not Ready, and soon to none of a machine that is not.
    bool reachable(size_t i) const {
        const fleet::Node& place = facts_.instance.nodes[i];
        for (const kube::Pod* pod : facts_.instance.pods)
            if (pod->meta.name == place.pod && !pod->ready) return false;
        if (!facts_.kubernetes) return true;
        const auto machine = facts_.kubernetes->k8s_nodes.find(place.k8s_node);
        return machine == facts_.kubernetes->k8s_nodes.end() || !machine->second || machine->second->ready == "True";
    }

    bool on_history(const NodeView& view) const {
        return view.role == Role::replica && !history_.replid.empty() && view.replid == history_.replid;
    }

    // The first one is shown; all are in the reasons.
    std::vector<std::string> hindrances(size_t i) const {
        const NodeFacts& node = facts_.nodes[i];
        const fleet::Node& place = facts_.instance.nodes[i];
        std::vector<std::string> list;
        if (listed(wish_.avoid, place.name)) list.emplace_back("--avoid names it");
        if (!place.k8s_node.empty() && listed(wish_.avoid, "k8s-node/" + place.k8s_node))
            list.push_back(fmt::format("--avoid names its Kubernetes node {}", place.k8s_node));
        if (!node.view) {
            list.push_back(node.view.error().message);
            return list;
        }
        const NodeView& view = *node.view;
        if (view.role != Role::replica) {
            list.push_back(fmt::format("it is a {}", redis::role_name(view.role)));
            return list;
        }
        if (view.loading == true) list.emplace_back("it is loading its dataset");
        if (view.sync_in_progress == true)
            list.emplace_back("it is being synchronised: it holds a part of the data at most");
        if (view.priority == 0 && !(mode_ == Mode::emergency && listed(wish_.overrides, "target-priority")))
            list.emplace_back("replica-priority 0 says: never the master");
        if (const std::string& followed = facts_.picture.nodes[i].master_node;
            !followed.empty() && followed != facts_.master)
            list.push_back(fmt::format("it follows {}, not the master", followed));
        if (!on_history(view))
            list.push_back(history_.replid.empty() ? history_.why_not : "its history is not the master's");
        if (mode_ == Mode::planned)
            add_planned_hindrances(i, list);
        else if (view.applied_offset.value_or(0) <= 0)
            list.emplace_back("it has applied nothing");
        return list;
    }

    void add_planned_hindrances(size_t i, std::vector<std::string>& list) const {
        const NodeView& view = *facts_.nodes[i].view;
        if (view.link_up != true) list.emplace_back("its link to the master is down");
        const auto* line = line_of(facts_, facts_.instance.nodes[i].name);
        if (line == nullptr)
            list.emplace_back("the master lists no address that is certainly its own");
        else if (line->state != "online")
            list.push_back(fmt::format("the master calls it {}", line->state));
        const NodeView* master = facts_.view_of(facts_.master);
        if (master != nullptr && master->server == view.server && at_least(view.version, master->version) == false)
            list.push_back(fmt::format("its version {} is older than the master's", view.version));
    }

    static void give(Score& score, int64_t points, const std::string& why) {
        score.points += points;
        score.reasons.push_back(fmt::format("{} ({:+})", why, points));
    }

    void count_planned(size_t i, Score& score) const {
        const NodeView& view = *facts_.nodes[i].view;
        const int64_t priority = view.priority.value_or(default_priority);
        give(score, 1000 - 10 * std::min(priority, default_priority), fmt::format("priority {}", priority));
        if (const auto gap = gap_of(facts_, score.node))
            give(score, 100 - std::min<int64_t>(100, gap->later >> 14), fmt::format("{} behind", bytes(gap->later)));
        else
            give(score, 0, "offset gap unknown");
        const auto* line = line_of(facts_, score.node);
        const bool heard = line != nullptr && line->lag_seconds.value_or(60) <= 1;
        give(score, heard ? 20 : 0, heard ? "heard just now" : "not heard for more than 1s");
        const NodeView* master = facts_.view_of(facts_.master);
        const bool same_version = master != nullptr && master->version == view.version;
        give(score, same_version ? 50 : 0, same_version ? "same version" : fmt::format("version {}", view.version));
        count_place(i, score);
    }

    void count_place(size_t i, Score& score) const {
        const std::string& name = facts_.instance.nodes[i].k8s_node;
        if (name.empty()) return;
        const auto master = facts_.index_of(facts_.master);
        if (master) {
            const bool apart = facts_.instance.nodes[*master].k8s_node != name;
            give(score, apart ? 40 : 0,
                 apart ? "not on the master's Kubernetes node" : "on the master's Kubernetes node");
        }
        if (!facts_.kubernetes) return;
        const auto machine = facts_.kubernetes->k8s_nodes.find(name);
        if (machine == facts_.kubernetes->k8s_nodes.end() || !machine->second) return;
        const bool good = machine->second->ready == "True" && !machine->second->unschedulable;
        give(score, good ? 40 : -200,
             good ? fmt::format("{} is Ready", name) : fmt::format("{} is not Ready or is cordoned", name));
    }

    void count_emergency(size_t i, Score& score) const {
        const NodeView& view = *facts_.nodes[i].view;
        const int64_t behind = furthest_ - *view.applied_offset;
        score.points = -behind;
        score.reasons.push_back(behind == 0 ? fmt::format("nobody has applied more: offset {}", *view.applied_offset)
                                            : fmt::format("{} behind the furthest", bytes(behind)));
        if (const int64_t read = read_of(i) - *view.applied_offset; view.read_offset && read > 0)
            score.reasons.push_back(fmt::format("{} more read and not yet applied", bytes(read)));
        score.reasons.push_back(fmt::format("priority {}", view.priority.value_or(default_priority)));
        if (!reachable(i))
            score.reasons.emplace_back("Services do not lead to it: its pod or its machine is not Ready");
    }

    const Facts& facts_;
    const Wish& wish_;
    Mode mode_;
    History history_;
    int64_t furthest_ = -1;
};

Result<void> know(const Facts& facts, const std::string& name, std::string_view flag) {
    const std::vector<std::string> names = facts.names();
    if (listed(names, name)) return {};
    std::set<std::string> machines;
    for (const fleet::Node& node : facts.instance.nodes)
        if (!node.k8s_node.empty()) machines.insert("k8s-node/" + node.k8s_node);
    if (flag == "--avoid" && machines.count(name) > 0) return {};
    const auto near = nearest(name, names);
    return fail(ErrorCode::not_found,
                fmt::format("{} {}: {} has no such node", flag, printable(name), facts.instance.full_name()),
                fmt::format("there are {}", fmt::join(names, ", ")), near ? fmt::format("{} {}", flag, *near) : "");
}

Result<std::string> pick(const Facts& facts, const Wish& wish, const std::vector<Score>& scores) {
    for (const std::string& name : wish.avoid) TRY(know(facts, name, "--avoid"));
    if (!wish.promote.empty()) {
        TRY(know(facts, wish.promote, "--promote"));
        if (wish.promote == facts.master) return wish.promote;
        for (const Score& score : scores) {
            if (score.node != wish.promote || score.eligible) continue;
            return fail(ErrorCode::refused, fmt::format("{} cannot become the master", score.node),
                        fmt::format("{}", fmt::join(score.reasons, "; ")),
                        scores.front().eligible ? fmt::format("--promote {}", scores.front().node) : "");
        }
        return wish.promote;
    }
    if (!scores.empty() && scores.front().eligible) return scores.front().node;
    std::vector<std::string> reasons;
    for (const Score& score : scores) reasons.push_back(fmt::format("{}: {}", score.node, score.why));
    return fail(ErrorCode::refused, fmt::format("no node of {} can become the master", facts.instance.full_name()),
                reasons.empty() ? "it has no replica" : fmt::format("{}", fmt::join(reasons, "; ")));
}

}  // namespace

History history_of(const Facts& facts) {
    if (const NodeView* master = facts.view_of(facts.master); master != nullptr && master->role == Role::master)
        return master->replid.empty() ? History{{}, "the master's history was not told"} : History{master->replid, {}};
    // Whoever followed it has its history's name; one that was cut off while it changed still has the name before.
    std::map<std::string, const NodeView*> found;
    for (size_t i = 0; i < facts.nodes.size(); i++) {
        const Result<NodeView>& view = facts.nodes[i].view;
        if (!view || view->role != Role::replica || view->replid.empty()) continue;
        // Restarted and its role lost: what it has is of its last RDB, whose history may be an older one.
        if (facts.instance.nodes[i].name == facts.master) continue;
        // One that has never followed has a history of its own making and stands at 1, where every history begins.
        if (view->sync_in_progress == true || view->applied_offset.value_or(0) <= 1) continue;
        const std::string& followed = facts.picture.nodes[i].master_node;
        if (followed.empty() || followed == facts.master) found.emplace(view->replid, &*view);
    }
    if (found.empty()) return {{}, "no replica has the master's history"};
    std::vector<std::string> newest;
    for (const auto& [replid, view] : found) {
        const bool older = std::any_of(found.begin(), found.end(), [&, &id = replid](const auto& other) {
            return other.first != id && other.second->replid2 == id;
        });
        if (!older) newest.push_back(replid);
    }
    if (newest.size() == 1) return {newest.front(), {}};
    for (std::string& id : newest) id.resize(8);
    return {{}, fmt::format("the replicas have different histories: {}", fmt::join(newest, ", "))};
}

std::vector<Score> candidates(const Facts& facts, const Wish& wish, Mode mode) {
    const Scores scores(facts, wish, mode);
    std::vector<std::pair<size_t, Score>> list;
    for (size_t i = 0; i < facts.nodes.size(); i++)
        if (facts.instance.nodes[i].name != facts.master) list.emplace_back(i, scores.of(i));
    std::sort(list.begin(), list.end(),
              [&](const auto& a, const auto& b) { return scores.before(a.first, a.second, b.first, b.second); });
    std::vector<Score> result;
    for (auto& [i, score] : list) result.push_back(std::move(score));
    return result;
}

Choice choose(const Facts& facts, const Wish& wish, Mode mode) {
    Choice choice{candidates(facts, wish, mode), {}};
    choice.node = pick(facts, wish, choice.scores);
    return choice;
}

}  // namespace redisctl::failover
