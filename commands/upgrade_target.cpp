#include "commands/upgrade_target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace redisctl {

namespace {

constexpr Millis one_round{5'000};

const kube::OwnerReference* controller_of(const kube::Meta& meta) {
    const auto found = std::find_if(meta.owners.begin(), meta.owners.end(),
                                    [](const kube::OwnerReference& owner) { return owner.controller; });
    return found == meta.owners.end() ? nullptr : &*found;
}

// What owns a StatefulSet puts its image back.
Result<void> owned_by_nobody(const kube::StatefulSet& set) {
    const kube::OwnerReference* owner = controller_of(set.meta);
    if (owner == nullptr) return {};
    const std::string hint =
        owner->kind == "RedisFailover"
            ? fmt::format(R"(kubectl patch redisfailover {} -n {} --type=merge -p '{{"spec":{{"redis":{{"image":"IMAGE"}}}}}}')",
                          owner->name, set.meta.ns)
            : fmt::format("change the image in {} {}", owner->kind, owner->name);
    return fail({ErrorCode::refused,
                 fmt::format("StatefulSet {} belongs to {} {}", set.meta.name, owner->kind, owner->name),
                 "its operator replaces the pods, and would put another image back", hint, "OPERATOR"});
}

// The one that listens where the node is asked.
Result<std::string> container_of(const kube::Rollout& rollout, const std::string& wanted, uint16_t port) {
    std::vector<std::string> names, fit;
    for (const kube::Container& one : rollout.containers) {
        names.push_back(one.name);
        if (std::any_of(one.ports.begin(), one.ports.end(), [&](const auto& each) { return each.port == port; }))
            fit.push_back(one.name);
    }
    if (!wanted.empty()) {
        if (rollout.find(wanted) != nullptr) return wanted;
        return fail(ErrorCode::not_found,
                    fmt::format("StatefulSet {} has no container {}", rollout.set.meta.name, wanted),
                    fmt::format("there are: {}", fmt::join(names, ", ")));
    }
    if (names.size() == 1) return names.front();
    if (fit.size() == 1) return fit.front();
    return fail({ErrorCode::refused,
                 fmt::format("it is not clear which container of StatefulSet {} is Redis", rollout.set.meta.name),
                 fmt::format("there are: {}", fmt::join(names, ", ")), "--container NAME", "WHICH_CONTAINER"});
}

}  // namespace

const kube::Pod* pod_of(const fleet::Instance& instance, const std::string& node) {
    const auto named = std::find_if(instance.nodes.begin(), instance.nodes.end(),
                                    [&](const fleet::Node& one) { return one.name == node; });
    if (named == instance.nodes.end()) return nullptr;
    const auto found = std::find_if(instance.pods.begin(), instance.pods.end(),
                                    [&](const kube::Pod* pod) { return pod->meta.name == named->pod; });
    return found == instance.pods.end() ? nullptr : *found;
}

std::string set_of(const kube::Pod& pod) {
    const kube::OwnerReference* owner = controller_of(pod.meta);
    return owner != nullptr && owner->kind == "StatefulSet" ? owner->name : std::string();
}

Result<std::vector<UpgradedSet>> find_sets(kube::Client& client, const fleet::Instance& instance,
                                           const topology::Picture& picture, const std::string& container) {
    if (picture.system == "cluster-mode")
        return fail({ErrorCode::refused, fmt::format("{} is a Redis Cluster", picture.full_name()),
                     "each of its masters has replicas of its own, and this rolls one master and its replicas",
                     "replace its pods one by one, masters after a CLUSTER FAILOVER of a replica", "CLUSTER_MODE"});
    std::map<std::string, const fleet::Node*> names;
    for (const fleet::Node& node : instance.nodes) {
        const kube::Pod* pod = pod_of(instance, node.name);
        const std::string set = pod == nullptr ? std::string() : set_of(*pod);
        if (set.empty())
            return fail({ErrorCode::refused, fmt::format("pod {} belongs to no StatefulSet", node.pod),
                         "its name and its address go with it, so the others could not find it again",
                         "redisctl pods -o wide", "NO_STATEFULSET"});
        names.emplace(set, &node);
    }
    if (instance.nodes.size() < 2)
        return fail({ErrorCode::refused, fmt::format("{} has no replica", picture.full_name()),
                     "its only server is away while its pod is replaced",
                     fmt::format("redisctl backup rdb, then kubectl set image statefulset/{} -n {} "
                                 "CONTAINER=IMAGE when clients can do without it",
                                 names.empty() ? "NAME" : names.begin()->first, instance.ns),
                     "NO_REPLICA"});
    std::vector<UpgradedSet> sets;
    for (const auto& [name, node] : names) {
        UpgradedSet set;
        const Deadline deadline = Deadline::after(one_round);
        TRY_ASSIGN(set.rollout,
                   kube::await(client, kube::read_rollout(client, instance.ns, name, deadline), deadline));
        TRY(owned_by_nobody(set.rollout.set));
        if (!set.rollout.note.empty()) {
            TRY_ASSIGN(set.previous, read_note(name, set.rollout.note));
            set.begun = true;
        }
        TRY_ASSIGN(set.container,
                   container_of(set.rollout, set.begun && container.empty() ? set.previous.container : container,
                                node->address.port));
        if (!set.begun) {
            set.previous = {{}, name, set.container, set.rollout.find(set.container)->image, set.rollout.strategy, {}, {}};
            for (const topology::NodePicture& one : picture.nodes) {
                const kube::Pod* pod = pod_of(instance, one.name);
                if (!one.view || pod == nullptr || set_of(*pod) != name) continue;
                set.previous.server = one.view->server;
                set.previous.version = one.view->version;
            }
        } else if (set.container != set.previous.container) {
            return fail(
                {ErrorCode::refused,
                 fmt::format("an upgrade of container {} of StatefulSet {} is not over", set.previous.container, name),
                 "its strategy is given back when that one is finished, or taken back", "redisctl upgrade rollback",
                 "UNFINISHED"});
        }
        sets.push_back(std::move(set));
    }
    return sets;
}

Result<void> read_again(kube::Client& client, std::vector<UpgradedSet>& sets) {
    const Deadline deadline = Deadline::after(one_round);
    std::vector<kube::Reading<kube::Rollout>> readings;
    for (const UpgradedSet& set : sets)
        readings.push_back(kube::read_rollout(client, set.rollout.set.meta.ns, set.rollout.set.meta.name, deadline));
    for (size_t i = 0; i < sets.size(); i++) {
        TRY_ASSIGN(sets[i].rollout, kube::await(client, readings[i], deadline));
    }
    return {};
}

bool is_upgraded(const std::vector<UpgradedSet>& sets, const kube::Pod& pod) {
    const std::string name = set_of(pod);
    const auto revision = pod.meta.labels.find(kube::revision_label);
    for (const UpgradedSet& set : sets) {
        if (set.rollout.set.meta.name != name) continue;
        const kube::Container* container = set.rollout.find(set.container);
        return set.rollout.seen() && container != nullptr && container->image == set.image &&
               image_of(sets, pod) == set.image && revision != pod.meta.labels.end() &&
               revision->second == set.rollout.set.update_revision;
    }
    return true;
}

std::string image_of(const std::vector<UpgradedSet>& sets, const kube::Pod& pod) {
    const std::string name = set_of(pod);
    for (const UpgradedSet& set : sets)
        if (set.rollout.set.meta.name == name)
            for (const kube::Container& one : pod.containers)
                if (one.name == set.container) return one.image;
    return {};
}

}  // namespace redisctl
