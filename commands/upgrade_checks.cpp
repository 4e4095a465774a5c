#include "commands/upgrade_checks.h"

#include "base/text.h"
#include "redis/rdb_version.h"
#include "topology/home.h"
#include "topology/system.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl {

namespace {

using failover::Check;
using failover::Verdict;

// What is known to have run with the image that the set is to have.
std::optional<redis::Release> release_of(const UpgradedSet& set, const std::optional<UpgradeRecord>& record) {
    const auto known = [&](const PreviousSet& one) {
        return one.set == set.rollout.set.meta.name && one.image == set.image && !one.version.empty();
    };
    if (set.begun && known(set.previous)) return redis::Release{set.previous.server, set.previous.version};
    if (!record) return std::nullopt;
    const auto found = std::find_if(record->sets.begin(), record->sets.end(), known);
    if (found == record->sets.end()) return std::nullopt;
    return redis::Release{found->server, found->version};
}

std::string shown(const redis::Release& release) {
    const auto format = redis::rdb_version_of(release);
    return fmt::format("{} {} (RDB {})", release.server, release.version,
                       format ? std::to_string(*format) : std::string("unknown"));
}

class Judge {
  public:
    explicit Judge(const UpgradeQuestion& question) : q_(question) {}

    std::vector<Check> all() {
        for (const Gate& gate : q_.gates)
            add(gate.name, "", gate.ok, gate.value, gate.limit, gate.ok ? "" : gate.hint).overridable =
                gate.name == "findings";
        if (q_.gates.empty())
            add("master", "", !q_.facts.picture.master.empty(),
                q_.facts.picture.master.empty() ? "unknown" : q_.facts.picture.master, "one that all witnesses agree on",
                topology::way_to_one_master(q_.facts.picture.system));
        home();
        rollout();
        rdb_version();
        lock();
        permissions();
        return std::move(checks_);
    }

  private:
    Check& add(std::string name, std::string node, bool ok, std::string value, std::string limit, std::string hint) {
        checks_.push_back({std::move(name), ok ? Verdict::ok : Verdict::block, std::move(node), std::move(value),
                           std::move(limit), std::move(hint), false, false});
        return checks_.back();
    }

    // A replica that restarts follows the pod that its chart makes the master, whoever is the master now.
    void home() {
        const std::string home = topology::home_pod(q_.facts.instance, q_.facts.picture.system);
        if (home.empty() || q_.gates.empty()) return;
        const bool at_home = q_.facts.picture.master == home;
        add("home", q_.facts.picture.master, at_home, at_home ? "at home" : "away from " + home,
            "at home: pods that restart follow the pod that the chart makes the master",
            at_home ? "" : "redisctl return-home");
    }

    void rollout() {
        if (q_.gates.empty()) return;
        for (const UpgradedSet& set : q_.sets) {
            const kube::StatefulSet& one = set.rollout.set;
            add("rollout", one.meta.name, one.settled(),
                fmt::format("{} of {} pods ready, {} of the newest revision", one.ready_replicas, one.replicas,
                            one.updated_replicas),
                "none under way",
                one.settled() ? "" : fmt::format("kubectl rollout status statefulset/{} -n {}", one.meta.name,
                                                 one.meta.ns));
        }
    }

    // A replica syncs from the master by an RDB, and a server that has a volume loads what the one before wrote there.
    void rdb_version() {
        for (const topology::NodePicture& node : q_.facts.picture.nodes) {
            const kube::Pod* pod = pod_of(q_.facts.instance, node.name);
            if (!node.view || pod == nullptr) continue;
            for (const UpgradedSet& set : q_.sets) {
                if (set.rollout.set.meta.name != set_of(*pod) || image_of(q_.sets, *pod) == set.image) continue;
                const std::optional<redis::Release> reader = release_of(set, q_.record);
                if (reader) compare(*reader, set, node);
            }
        }
    }

    void compare(const redis::Release& reader, const UpgradedSet& set, const topology::NodePicture& node) {
        const bool master = node.name == q_.facts.picture.master;
        if (!master && !set.rollout.set.has_volume_claims) return;
        const redis::Release writer{node.view->server, node.view->version};
        const std::optional<bool> can = redis::can_load(reader, writer);
        Check& check = add("rdb-version", node.name, can.value_or(false),
                           fmt::format("{} runs {}", node.name, shown(writer)),
                           fmt::format("what {} can load{}", shown(reader), master ? ": replicas sync from the master"
                                                                                  : ", from its volume"),
                           can.value_or(false) ? ""
                                               : fmt::format("install {} beside it, then redisctl restore rdb of the "
                                                             "backup from before the upgrade",
                                                             set.image));
        if (!can) check.verdict = Verdict::unknown;
        // A replica's volume can be emptied by hand, and what is not known may be known to somebody else.
        check.overridable = !master || !can;
    }

    void lock() {
        const auto& holder = q_.facts.kubernetes->lock_holder;
        const bool is_free = holder && holder->empty();
        add("lock", "", is_free,
            is_free  ? "free"
            : holder ? fmt::format("held by {}", printable(*holder))
                     : holder.error().message,
            "free", is_free ? "" : "another change is under way, or was killed less than 30s ago: redisctl history");
    }

    void permissions() {
        std::vector<std::string> denied, rules;
        for (const std::vector<kube::Review>* reviews : {&q_.reviews, &q_.facts.kubernetes->reviews})
            for (const kube::Review& review : *reviews) {
                if (review.permission != kube::Permission::denied) continue;
                denied.push_back(fmt::format("{} {} {}", review.access.verb, review.access.resource, review.access.name));
                rules.push_back(kube::rbac_rule(review.access));
            }
        add("permissions", "", denied.empty(),
            denied.empty() ? "all allowed" : fmt::format("denied: {}", fmt::join(denied, ", ")), "all allowed",
            denied.empty() ? "" : "add to the Role: " + fmt::format("{}", fmt::join(rules, " ")));
    }

    const UpgradeQuestion& q_;
    std::vector<Check> checks_;
};

}  // namespace

const std::vector<std::string_view>& overridable_upgrade_checks() {
    static const std::vector<std::string_view> names{"findings", "rdb-version"};
    return names;
}

std::vector<Check> upgrade_checks(const UpgradeQuestion& question) {
    return Judge(question).all();
}

}  // namespace redisctl
