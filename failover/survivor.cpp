#include "failover/survivor.h"

#include "failover/diagnosis.h"
#include "failover/divergence.h"
#include "failover/planner.h"
#include "failover/unshared.h"
#include "topology/role_labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;

constexpr std::string_view pod_name_pair = "statefulset.kubernetes.io/pod-name=";
constexpr int64_t slow_to_notice = 60;  // seconds: repl-timeout, as it is by default

Check obstacle(std::string name, std::string value, std::string limit, std::string hint) {
    return {std::move(name), Verdict::block, "", std::move(value), std::move(limit), std::move(hint), false, false};
}

std::string amount(const Unshared& one) {
    if (one.writes) return fmt::format("{} ({} bytes)", amount_of(one), one.bytes.value_or(0));
    return one.bytes ? amount_of(one) : fmt::format("{}: {}", amount_of(one), one.reason);
}

class Chooser {
  public:
    Chooser(const Facts& facts, const Hearsay& hearsay) : facts_(facts), hearsay_(hearsay) {}

    Survivor among_masters(const std::vector<std::string>& masters) {
        if (!hearsay_.keep.empty()) {
            if (std::find(masters.begin(), masters.end(), hearsay_.keep) != masters.end())
                return settle(hearsay_.keep, "as asked for");
            result_.obstacle =
                obstacle("keep", fmt::format("{} is no master", hearsay_.keep), "a master", "redisctl status");
            return std::move(result_);
        }
        if (masters.size() == 1) return settle(masters.front(), "it is the only master");
        std::vector<std::string> safe, said;
        for (const std::string& master : masters) {
            const std::vector<Unshared> lost = lost_without(master);
            if (std::none_of(lost.begin(), lost.end(), may_hold_writes)) safe.push_back(master);
            for (const Unshared& one : lost)
                if (may_hold_writes(one))
                    said.push_back(fmt::format("{} has {} that {} lacks", one.node, amount(one), master));
        }
        if (safe.empty()) {
            const std::string best = most_trusted(masters).first;
            result_.obstacle = obstacle("keep", fmt::format("{}", fmt::join(said, "; ")), "one that has all writes",
                                        fmt::format("--keep {} says which master survives", best));
            for (const Unshared& one : hearsay_.unshared) result_.lost.push_back(one);
            return std::move(result_);
        }
        auto [best, evidence] = most_trusted(safe);
        if (safe.size() == 1) evidence = "it has all that the others have";
        return settle(best, evidence);
    }

    Survivor among_replicas() {
        const std::vector<std::string> ready = candidates();
        if (!ready_to_choose()) return std::move(result_);
        result_.no_master = true;
        if (!hearsay_.keep.empty()) {
            if (std::find(ready.begin(), ready.end(), hearsay_.keep) != ready.end())
                return settle(hearsay_.keep, "as asked for");
            result_.obstacle = obstacle("keep", fmt::format("{} has no data that can be served", hearsay_.keep),
                                        "a replica that answers", "redisctl status");
            return std::move(result_);
        }
        if (ready.empty()) {
            result_.obstacle = obstacle("survivor", "no replica has data that can be served", "one", "redisctl status");
            return std::move(result_);
        }
        const std::string best = *std::max_element(ready.begin(), ready.end(), [&](const auto& a, const auto& b) {
            return offset_of(*facts_.view_of(a)).value_or(-1) < offset_of(*facts_.view_of(b)).value_or(-1);
        });
        const std::vector<Unshared> lost = lost_without(best);
        const auto other = std::find_if(lost.begin(), lost.end(), may_hold_writes);
        if (other != lost.end()) {
            result_.obstacle =
                obstacle("keep", fmt::format("{} has {} that {} lacks", other->node, amount(*other), best),
                         "one that has all writes", fmt::format("--keep {} says who becomes the master", best));
            result_.lost = lost;
            return std::move(result_);
        }
        return settle(best, "no other node has more");
    }

  private:
    // The others' writes that `node` lacks: as they were read, or else as the offsets say.
    std::vector<Unshared> lost_without(const std::string& node) const {
        std::vector<Unshared> lost;
        const NodeView& kept = *facts_.view_of(node);
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const std::string& name = facts_.instance.nodes[i].name;
            const NodeFacts& other = facts_.nodes[i];
            if (!other.view || name == node || other.view->run_id == kept.run_id) continue;
            // A node without keys has no writes that could be lost, only deletions.
            if (redis::keys_by_database(other.info).empty()) continue;
            const bool replica = kept.role == Role::replica;
            if (other.view->role != Role::master && !replica) continue;
            const auto read = std::find_if(hearsay_.unshared.begin(), hearsay_.unshared.end(),
                                           [&](const Unshared& one) { return one.node == name && one.versus == node; });
            if (read != hearsay_.unshared.end()) {
                lost.push_back(*read);
                continue;
            }
            lost.push_back(unshared_by_offsets(name, node, compare(*other.view, kept)));
        }
        return lost;
    }

    // The best of them, and who says so. A Service counts most: that is where the clients are.
    std::pair<std::string, std::string> most_trusted(const std::vector<std::string>& nodes) const {
        static const std::map<std::string, int64_t> weights{
            {"service", 1'000}, {"sentinel", 1'000}, {"label", 100}, {"role", 1}};
        std::string best = nodes.front(), evidence;
        int64_t most = -1;
        for (const std::string& node : nodes) {
            int64_t points = 0;
            std::vector<std::string> said;
            for (const topology::Witness& witness : facts_.picture.witnesses) {
                if (witness.says != node || witness.by == node) continue;
                points += weights.at(witness.source);
                said.push_back(witness.source == "role" ? witness.by : witness.source + " " + witness.by);
            }
            if (!hearsay_.journals.empty() && hearsay_.journals.front().plan.to == node) {
                points += 500;
                said.push_back("the journal of " + hearsay_.journals.front().operation);
            }
            if (points <= most) continue;
            most = points;
            best = node;
            evidence = said.empty() ? "nothing speaks for another" : fmt::format("named by {}", fmt::join(said, ", "));
        }
        return {best, evidence};
    }

    std::vector<std::string> candidates() const {
        std::vector<std::string> ready;
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const Result<NodeView>& view = facts_.nodes[i].view;
            if (view && view->role == Role::replica && view->sync_in_progress != true && view->loading != true &&
                offset_of(*view).value_or(-1) >= 0)
                ready.push_back(facts_.instance.nodes[i].name);
        }
        return ready;
    }

    // Nobody may be promoted while somebody who was not heard can be the master.
    bool ready_to_choose() {
        for (size_t i = 0; i < facts_.nodes.size(); i++) {
            const std::string& name = facts_.instance.nodes[i].name;
            const Result<NodeView>& view = facts_.nodes[i].view;
            if (!view) {
                result_.no_master = true;
                result_.obstacle =
                    obstacle("silent", fmt::format("{} does not answer, and can be the master", name),
                             "all nodes answer", "redisctl failover --accept-data-loss, when it is really dead");
                return false;
            }
            if (view->role != Role::replica || !facts_.picture.nodes[i].master_node.empty()) continue;
            if (view->master_host == parking_host && view->master_port == parking_port) continue;
            // A master that is none of ours is meant to be outside while its link is up.
            if (view->link_up == true) return false;
            result_.no_master = true;
            if (const std::string pod = restarted_master(*view); !pod.empty()) {
                gone_ = Unshared{};
                gone_->node = "the former process of " + pod;
                gone_->reason = fmt::format("{}:{} is gone, with what it had not sent", view->master_host,
                                            view->master_port.value_or(0));
                continue;
            }
            result_.obstacle =
                obstacle("silent",
                         fmt::format("{} follows {}:{}, which is dead or unreachable", name, view->master_host,
                                     view->master_port.value_or(0)),
                         "all nodes answer", "redisctl failover --accept-data-loss, when it is really dead");
            return false;
        }
        return true;
    }

    // The node whose former process the replica follows by an address that nobody has any more; empty when that is not
    // certain. A pod has one address for its life and there is one pod of a name: the one that those who write are led
    // to is another since the link broke.
    std::string restarted_master(const NodeView& orphan) const {
        const std::string name = called_master();
        const NodeView* view = facts_.view_of(name);
        if (view == nullptr || view->role == Role::master || !view->uptime_seconds || !orphan.link_down_seconds)
            return {};
        return *view->uptime_seconds <= *orphan.link_down_seconds + slow_to_notice ? name : std::string();
    }

    // The only one that the Services' selectors, the labels and the last journal name; empty when they differ.
    std::string called_master() const {
        std::set<std::string> names;
        for (const topology::ServicePicture& picture : facts_.picture.services)
            if (picture.type == "master")
                for (const std::string& pair : picture.selector)
                    if (pair.starts_with(pod_name_pair)) names.insert(pair.substr(pod_name_pair.size()));
        for (const topology::NodePicture& node : facts_.picture.nodes)
            if (topology::says_master(node.role_label) == true) names.insert(node.name);
        if (names.empty() && !hearsay_.journals.empty()) names.insert(hearsay_.journals.front().plan.to);
        return names.size() == 1 ? *names.begin() : std::string();
    }

    Survivor settle(std::string node, std::string why) {
        result_.lost = lost_without(node);
        std::erase_if(result_.lost, [](const Unshared& one) { return one.bytes == 0; });
        if (gone_) {
            gone_->versus = node;
            result_.lost.push_back(*gone_);
        }
        result_.node = std::move(node);
        result_.why = std::move(why);
        return std::move(result_);
    }

    const Facts& facts_;
    const Hearsay& hearsay_;
    std::optional<Unshared> gone_;  // what a process had that is no more
    Survivor result_;
};

}  // namespace

Survivor choose_survivor(const Facts& facts, const Hearsay& hearsay, const std::vector<std::string>& masters) {
    Chooser chooser(facts, hearsay);
    return masters.empty() ? chooser.among_replicas() : chooser.among_masters(masters);
}

}  // namespace redisctl::failover
