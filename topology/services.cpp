#include "topology/services.h"

#include "base/text.h"
#include "topology/role_labels.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <unordered_map>

namespace redisctl::topology {

namespace {

using redis::Role;

constexpr std::string_view pod_name_label = "statefulset.kubernetes.io/pod-name";
constexpr std::array fixed_keys = {"component", "app.kubernetes.io/component"};

template <class List>
bool is_in(const List& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}
bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}
bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

template <class Keys>
bool selects_by(const kube::Service& service, const Keys& keys, std::initializer_list<std::string_view> values) {
    return std::any_of(service.selector.begin(), service.selector.end(),
                       [&](const auto& pair) { return is_in(keys, pair.first) && is_in(values, pair.second); });
}

bool is_sentinel_port(const kube::ServicePort& port) {
    return port.port == 26379 || port.target_port == "26379" || contains(port.name, "sentinel");
}

std::set<uint16_t> redis_ports(const fleet::Instance& instance) {
    std::set<uint16_t> ports{6379};
    for (const auto& node : instance.nodes) ports.insert(node.address.port);
    return ports;
}

bool is_redis_port(const kube::ServicePort& port, const std::set<uint16_t>& ports) {
    if (is_sentinel_port(port) || contains(port.name, "metrics") || contains(port.name, "exporter")) return false;
    auto target = parse_port(port.target_port);
    return contains(port.name, "redis") || contains(port.name, "valkey") || contains(port.target_port, "redis") ||
           ports.count(port.port) != 0 || (target && ports.count(*target) != 0);
}

// "redis-1", "redis-1-svc", "redis-node-1" for pod 1: one door for each pod, not the way to the master.
bool is_door_of_one_pod(std::string_view service, std::string_view pod) {
    auto ordinal = pod.substr(std::min(pod.rfind('-'), pod.size()));
    return service == pod || contains(service, std::string(pod) + "-") || ends_with(service, ordinal) ||
           ends_with(service, std::string(ordinal) + "-svc");
}

struct Behind {
    std::vector<size_t> ready, not_ready;  // nodes
    std::vector<std::string> ready_names, not_ready_names;
};

// Readiness tells the master from the others: the one ready node is a master, and those left out are replicas that
// could well serve.
bool readiness_chooses_master(const Behind& behind, const Picture& picture) {
    auto role_is = [&](size_t i, Role role) { return picture.nodes[i].view && picture.nodes[i].view->role == role; };
    return behind.ready.size() == 1 && behind.ready_names.size() == 1 && role_is(behind.ready.front(), Role::master) &&
           !behind.not_ready.empty() && std::all_of(behind.not_ready.begin(), behind.not_ready.end(), [&](size_t i) {
               return role_is(i, Role::replica) && picture.nodes[i].view->link_up == true;
           });
}

class Viewer {
  public:
    Viewer(const fleet::Instance& instance, const AddressBook& book, const Picture& picture)
        : instance_(instance), picture_(picture), ports_(redis_ports(instance)) {
        for (const auto& node : instance.sentinels) sentinel_pods_[node.pod] = node.name;
        for (const auto& slice : instance.slices)
            for (const auto& endpoint : slice.endpoints) add(slice.service, endpoint, book);
    }

    ServicePicture see(const kube::Service& service) {
        auto& behind = behind_[service.meta.name];
        ServicePicture out;
        out.name = service.meta.name;
        for (const auto& [key, value] : service.selector) out.selector.push_back(key + "=" + value);
        out.type = type_of(service, behind);
        out.ready = sorted(behind.ready_names);
        for (auto& name : sorted(behind.not_ready_names))
            if (!is_in(out.ready, name)) out.not_ready.push_back(name);
        out.routes_to = out.type == "sentinel" ? (out.ready.empty() ? "nothing" : "all") : target_of(behind);
        return out;
    }

  private:
    void add(const std::string& service, const kube::Endpoint& endpoint, const AddressBook& book) {
        auto& behind = behind_[service];
        auto node = book.of_pod(endpoint.pod);
        auto sentinel = sentinel_pods_.find(endpoint.pod);
        auto name = node                               ? picture_.nodes[*node].name
                    : sentinel != sentinel_pods_.end() ? sentinel->second
                    : !endpoint.pod.empty()            ? endpoint.pod
                                                       : endpoint.address;
        auto& names = endpoint.ready ? behind.ready_names : behind.not_ready_names;
        names.push_back(name);
        if (node) (endpoint.ready ? behind.ready : behind.not_ready).push_back(*node);
    }

    // A pod has an endpoint for each of its addresses (IPv4, IPv6).
    static std::vector<std::string> sorted(std::vector<std::string> names) {
        std::sort(names.begin(), names.end(), natural_less);
        names.erase(std::unique(names.begin(), names.end()), names.end());
        return names;
    }

    std::string type_of(const kube::Service& service, Behind& behind) {
        for (auto* list : {&behind.ready, &behind.not_ready}) {
            std::sort(list->begin(), list->end());
            list->erase(std::unique(list->begin(), list->end()), list->end());
        }
        behind.ready_names = sorted(std::move(behind.ready_names));
        const auto& name = service.meta.name;
        const auto& ports = service.ports;
        if (!ports.empty() && std::all_of(ports.begin(), ports.end(), is_sentinel_port)) return "sentinel";
        if (!ports.empty() &&
            std::none_of(ports.begin(), ports.end(), [&](const auto& port) { return is_redis_port(port, ports_); }))
            return "other";
        if (auto pin = service.selector.find(pod_name_label); pin != service.selector.end())
            return is_door_of_one_pod(name, pin->second) ? "other" : "master";
        if (selects_by(service, role_label_keys, {"true", "master", "primary"})) return "master";
        if (selects_by(service, role_label_keys, {"false", "slave", "replica", "secondary"})) return "replicas";
        bool headless = service.cluster_ip == "None";
        bool fixed_master = selects_by(service, fixed_keys, {"master", "primary"}) || ends_with(name, "-master") ||
                            ends_with(name, "-primary") || starts_with(name, "rfrm-");
        // Where Sentinel moves the master, a Service with fixed labels only has the name of its first one.
        if (fixed_master && !headless) return instance_.sentinels.empty() ? "master" : "other";
        bool fixed_replicas = selects_by(service, fixed_keys, {"slave", "replica", "secondary"});
        for (auto word : {"replica", "slave", "follower", "secondary", "-read", "-ro"})
            fixed_replicas = fixed_replicas || contains(name, word);
        if (headless) return "headless";
        if (fixed_replicas) return "replicas";
        if (readiness_chooses_master(behind, picture_)) return "master";
        bool all = !instance_.nodes.empty() && behind.ready.size() + behind.not_ready.size() >= instance_.nodes.size();
        return all ? "all" : "other";
    }

    std::string target_of(const Behind& behind) const {
        if (behind.ready_names.empty()) return "nothing";
        size_t masters = 0, replicas = 0;
        for (auto i : behind.ready) {
            const auto& view = picture_.nodes[i].view;
            masters += view && view->role == Role::master;
            replicas += view && view->role == Role::replica;
        }
        if (masters + replicas != behind.ready_names.size()) return "unknown";
        return replicas == 0 ? "master" : masters == 0 ? "replica" : "all";
    }

    const fleet::Instance& instance_;
    const Picture& picture_;
    std::set<uint16_t> ports_;
    std::unordered_map<std::string, std::string> sentinel_pods_;
    std::unordered_map<std::string, Behind> behind_;
};

}  // namespace

std::optional<uint16_t> redis_port(const kube::Service& service, const fleet::Instance& instance) {
    const std::set<uint16_t> ports = redis_ports(instance);
    for (const auto& port : service.ports)
        if (is_redis_port(port, ports)) return port.port;
    return std::nullopt;
}

std::vector<ServicePicture> see_services(const fleet::Instance& instance, const AddressBook& book,
                                         const Picture& picture) {
    std::vector<ServicePicture> out;
    if (!instance.services_known) return out;
    Viewer viewer(instance, book, picture);
    for (const auto& service : instance.services) out.push_back(viewer.see(service));
    return out;
}

}  // namespace redisctl::topology
