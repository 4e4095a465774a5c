// Addresses as Redis and Sentinel tell them → nodes of the instance: pod IPs, <pod>.<service>… names, Services, hosts
// as they were given.
#pragma once

#include "fleet/node.h"
#include "topology/join.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace redisctl::topology {

// 127.x, ::1, localhost
bool is_loopback(std::string_view host);

class AddressBook {
  public:
    AddressBook(const fleet::Instance& instance, const Answers& answers);

    // The index in instance.nodes; nullopt when no node has the address, or more than one. Loopback is the speaker's
    // own host. A process that stands in the instance twice (localhost and 127.0.0.1) is always its first node.
    std::optional<size_t> find(std::string_view host, int64_t port, const fleet::Node& speaker) const;

    // The index in instance.leaving, where no node has the address.
    std::optional<size_t> find_leaving(std::string_view host, int64_t port) const;

    // The Redis node of a pod, by the pod's name.
    std::optional<size_t> of_pod(std::string_view pod) const;

    // The first node with the same run id as node i; i itself when it is the only one.
    size_t first_of(size_t i) const { return first_[i]; }

  private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using Index = std::unordered_map<std::string, std::optional<size_t>, Hash, std::equal_to<>>;  // nullopt: ambiguous

    void add(Index& index, std::string key, size_t node);
    void add_leaving(const fleet::Instance& instance);
    void add_services(const fleet::Instance& instance);

    Index by_address_, by_pod_, by_service_, leaving_;
    std::vector<size_t> first_;
};

}  // namespace redisctl::topology
