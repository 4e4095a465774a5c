#include "fleet/grouping.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace redisctl::fleet {

namespace {

constexpr std::array role_words = {"master",   "primary",   "slave", "slaves", "replica", "replicas", "secondary",
                                   "sentinel", "sentinels", "node",  "nodes",  "leader",  "follower"};

// What tells pods of one system apart; everything else that they carry is common to them.
constexpr std::array own_labels = {"controller-revision-hash",
                                   "pod-template-hash",
                                   "statefulset.kubernetes.io/pod-name",
                                   "apps.kubernetes.io/pod-index",
                                   "role",
                                   "component",
                                   "app.kubernetes.io/component",
                                   "redis-role",
                                   "isMaster",
                                   "redisfailovers-role"};

std::string label(const kube::Pod& pod, std::string_view key) {
    auto it = pod.meta.labels.find(key);
    return it == pod.meta.labels.end() ? std::string() : it->second;
}

const kube::OwnerReference* controller(const kube::Pod& pod) {
    for (const auto& owner : pod.meta.owners)
        if (owner.controller) return &owner;
    return nullptr;
}

// A group while groups are still being put together.
struct Draft {
    std::string name;
    bool firm = false;  // a chart or an operator has said what it is
    bool has_redis = false;
    std::vector<size_t> members;
};

struct Key {
    std::string id, name;
    bool firm = false;
};

Key key_of(const kube::Pod& pod) {
    if (auto name = label(pod, "redisfailovers.databases.spotahome.com/name"); !name.empty())
        return {"failover/" + name, name, true};
    bool chart = !label(pod, "helm.sh/chart").empty() || label(pod, "app.kubernetes.io/managed-by") == "Helm";
    if (auto instance = label(pod, "app.kubernetes.io/instance"); !instance.empty())
        return {"instance/" + instance + "/" + family(label(pod, "app.kubernetes.io/name")), instance, chart};
    auto app = family(label(pod, "app"));
    if (auto release = label(pod, "release"); !release.empty())
        return {"release/" + release + "/" + app, release, true};
    if (auto whole = label(pod, "app.kubernetes.io/part-of"); !whole.empty())
        return {"part-of/" + whole + "/" + family(label(pod, "app.kubernetes.io/name")), whole};
    auto name = family(workload(pod));
    if (name.empty()) name = app.empty() ? workload(pod) : app;
    return {"name/" + name, name};
}

// Labels but for pod and role, as one text; empty when none of them says which application it is.
std::string signature(const kube::Pod& pod) {
    if (label(pod, "app").empty() && label(pod, "app.kubernetes.io/name").empty()) return {};
    std::string out;
    for (const auto& [key, value] : pod.meta.labels)
        if (std::find(own_labels.begin(), own_labels.end(), key) == own_labels.end()) out += key + "=" + value + "\n";
    return out;
}

// The hosts that a pod's arguments and environment call its master: first DNS labels only.
std::set<std::string> named_masters(const Member& member) {
    std::set<std::string> out;
    auto add = [&](std::string_view host) {
        auto first = host.substr(0, host.find_first_of(".: "));
        if (!first.empty() && first.find('$') == std::string_view::npos) out.insert(lower(first));
    };
    for (const auto& process : member.processes) {
        auto list = words(*process.container);
        for (size_t i = 0; i + 1 < list.size(); i++) {
            if (list[i] == "--replicaof" || list[i] == "--slaveof" || list[i] == "replicaof" || list[i] == "slaveof")
                add(list[i + 1]);
            if (list[i] == "monitor" && i + 2 < list.size()) add(list[i + 2]);
        }
        for (const auto& variable : process.container->env) {
            std::string_view name = variable.name;
            constexpr std::string_view suffix = "MASTER_HOST";
            bool outside = name.find("EXTERNAL") != std::string_view::npos;
            if (!outside && name.size() >= suffix.size() && name.substr(name.size() - suffix.size()) == suffix)
                add(variable.value);
        }
    }
    return out;
}

// The groups of one namespace.
class Assembly {
  public:
    explicit Assembly(std::vector<Member>& members) : members_(members) {}

    void add(size_t member) {
        const auto& pod = *members_[member].pod;
        auto key = key_of(pod);
        auto [it, fresh] = by_id_.try_emplace(key.id, drafts_.size());
        if (fresh) {
            drafts_.push_back({key.name, key.firm, false, {}});
            parent_.push_back(it->second);
        }
        auto& draft = drafts_[it->second];
        draft.firm = draft.firm || key.firm;
        draft.has_redis = draft.has_redis || members_[member].processes.front().kind != NodeKind::sentinel;
        draft.members.push_back(member);
    }

    void join(const std::vector<const kube::Service*>& services) {
        join_same_labels();
        join_named(services);
        join_lone_sentinels();
    }

    std::vector<Group> take(const std::string& ns) {
        std::vector<Group> groups(drafts_.size());
        for (size_t i = 0; i < drafts_.size(); i++)
            for (auto member : drafts_[i].members) groups[root(i)].members.push_back(members_[member]);
        std::vector<Group> out;
        for (size_t i = 0; i < drafts_.size(); i++) {
            if (groups[i].members.empty()) continue;
            groups[i].ns = ns;
            groups[i].name = drafts_[i].name;
            out.push_back(std::move(groups[i]));
        }
        return out;
    }

  private:
    size_t root(size_t i) const {
        while (parent_[i] != i) i = parent_[i];
        return i;
    }

    // The name that stays is that of the group with Redis, the firm one first, else the first's.
    void unite(size_t a, size_t b) {
        a = root(a);
        b = root(b);
        if (a == b) return;
        auto rank = [&](size_t i) { return std::pair(drafts_[i].has_redis, drafts_[i].firm); };
        if (rank(b) > rank(a)) std::swap(a, b);
        parent_[b] = a;
        drafts_[a].has_redis = drafts_[a].has_redis || drafts_[b].has_redis;
        drafts_[a].firm = drafts_[a].firm || drafts_[b].firm;
    }

    bool may_join(size_t a, size_t b) const {
        const auto &x = drafts_[root(a)], &y = drafts_[root(b)];
        return (!x.firm && !y.firm) || !x.has_redis || !y.has_redis;
    }

    void join_same_labels() {
        std::map<std::string, size_t> seen;
        for (size_t i = 0; i < drafts_.size(); i++)
            for (auto member : drafts_[i].members)
                if (auto text = signature(*members_[member].pod); !text.empty())
                    if (auto [it, fresh] = seen.try_emplace(text, i); !fresh && may_join(it->second, i))
                        unite(it->second, i);
    }

    void join_named(const std::vector<const kube::Service*>& services) {
        std::map<std::string, size_t> by_pod;
        for (size_t i = 0; i < drafts_.size(); i++)
            for (auto member : drafts_[i].members) by_pod.emplace(members_[member].pod->meta.name, i);
        for (size_t i = 0; i < drafts_.size(); i++)
            for (auto member : drafts_[i].members)
                for (const auto& host : named_masters(members_[member])) {
                    auto target = by_pod.find(host);
                    if (target == by_pod.end()) target = by_pod.find(pod_behind(host, services));
                    if (target != by_pod.end() && may_join(target->second, i)) unite(target->second, i);
                }
    }

    std::string pod_behind(const std::string& service, const std::vector<const kube::Service*>& services) {
        for (const auto* candidate : services)
            if (candidate->meta.name == service)
                for (const auto& draft : drafts_)
                    for (auto member : draft.members)
                        if (selects(candidate->selector, members_[member].pod->meta.labels))
                            return members_[member].pod->meta.name;
        return {};
    }

    void join_lone_sentinels() {
        for (const char* key : {"app.kubernetes.io/instance", "release", "app.kubernetes.io/part-of", "app"})
            for (size_t i = 0; i < drafts_.size(); i++) {
                if (drafts_[root(i)].has_redis) continue;
                auto value = family(label(*members_[drafts_[i].members.front()].pod, key));
                std::set<size_t> fitting;
                for (size_t j = 0; !value.empty() && j < drafts_.size(); j++)
                    if (drafts_[j].has_redis && family(label(*members_[drafts_[j].members.front()].pod, key)) == value)
                        fitting.insert(root(j));
                if (fitting.size() == 1) unite(i, *fitting.begin());
            }
    }

    std::vector<Member>& members_;
    std::map<std::string, size_t> by_id_;
    std::vector<Draft> drafts_;
    std::vector<size_t> parent_;
};

void resolve_same_names(std::vector<Group>& groups) {
    std::map<std::pair<std::string, std::string>, int> count;
    for (const auto& group : groups) count[{group.ns, group.name}]++;
    for (auto& group : groups)
        if (count[{group.ns, group.name}] > 1) {
            auto owner = workload(*group.members.front().pod);
            auto base = family(owner);
            group.name = base.empty() ? owner : base;
        }
}

}  // namespace

std::string workload(const kube::Pod& pod) {
    const auto* owner = controller(pod);
    if (owner == nullptr || owner->kind == "Node") return pod.meta.name;
    if (owner->kind != "ReplicaSet") return owner->name;
    auto hash = "-" + label(pod, "pod-template-hash");
    if (hash.size() > 1 && owner->name.size() > hash.size() &&
        owner->name.compare(owner->name.size() - hash.size(), hash.size(), hash) == 0)
        return owner->name.substr(0, owner->name.size() - hash.size());
    return owner->name.substr(0, owner->name.rfind('-'));
}

std::string family(std::string_view workload) {
    for (std::string_view word : role_words) {
        if (workload == word) return {};
        if (workload.size() > word.size() + 1 && workload.substr(workload.size() - word.size()) == word &&
            workload[workload.size() - word.size() - 1] == '-')
            return std::string(workload.substr(0, workload.size() - word.size() - 1));
    }
    return std::string(workload);
}

bool selects(const kube::Labels& selector, const kube::Labels& labels) {
    return !selector.empty() && std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) {
        auto it = labels.find(wanted.first);
        return it != labels.end() && it->second == wanted.second;
    });
}

std::vector<Group> group_members(std::vector<Member> members, const std::vector<kube::Service>& services) {
    std::map<std::string, Assembly> by_namespace;
    for (size_t i = 0; i < members.size(); i++)
        by_namespace.try_emplace(members[i].pod->meta.ns, members).first->second.add(i);
    std::map<std::string, std::vector<const kube::Service*>> services_in;
    for (const auto& service : services) services_in[service.meta.ns].push_back(&service);

    std::vector<Group> groups;
    for (auto& [ns, assembly] : by_namespace) {
        assembly.join(services_in[ns]);
        for (auto& group : assembly.take(ns)) groups.push_back(std::move(group));
    }
    resolve_same_names(groups);
    std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
        return a.ns != b.ns ? natural_less(a.ns, b.ns) : natural_less(a.name, b.name);
    });
    return groups;
}

}  // namespace redisctl::fleet
