#include "topology/addresses.h"

#include "base/text.h"

#include <map>
#include <set>
#include <utility>

namespace redisctl::topology {

bool is_loopback(std::string_view host) {
    return host.substr(0, 4) == "127." || host == "::1" || host == "localhost";
}

namespace {

// One spelling for each host: lower case, no final dot, no cluster domain, IPv4 out of IPv6, one loopback.
std::string plain_host(std::string_view host) {
    auto text = lower(host);
    if (!text.empty() && text.back() == '.') text.pop_back();
    if (auto at = text.find(".svc"); at != std::string::npos && (at + 4 == text.size() || text[at + 4] == '.'))
        text.resize(at);
    if (text.compare(0, 7, "::ffff:") == 0 && text.find('.') != std::string::npos) text.erase(0, 7);
    return is_loopback(text) ? "127.0.0.1" : text;
}

std::string key(std::string_view host, int64_t port) {
    return plain_host(host) + " " + std::to_string(port);
}

// What a pod is called in DNS, from the bare name to the one with namespace.
std::vector<std::string> names_of(const fleet::Node& node) {
    if (node.pod.empty()) return {};
    std::vector<std::string> names = {node.pod};
    auto full = plain_host(node.dns_name);
    if (full.size() <= node.ns.size() + 1) return names;
    names.push_back(full.substr(0, full.size() - node.ns.size() - 1));
    names.push_back(full);
    return names;
}

}  // namespace

AddressBook::AddressBook(const fleet::Instance& instance, const Answers& answers) {
    std::unordered_map<std::string, size_t> by_run_id;
    for (size_t i = 0; i < instance.nodes.size(); i++) {
        const auto& view = answers.nodes[i];
        bool known = view && !view->run_id.empty();
        first_.push_back(known ? by_run_id.try_emplace(view->run_id, i).first->second : i);
    }
    for (size_t i = 0; i < instance.nodes.size(); i++) {
        const auto& node = instance.nodes[i];
        std::set<int64_t> ports = {node.address.port};
        // Behind a forwarded port the server knows its own one only; among pods the two are the same.
        if (const auto& view = answers.nodes[i]; view && view->tcp_port && !node.pod.empty())
            ports.insert(*view->tcp_port);
        for (auto port : ports) {
            if (!node.address.host.empty()) add(by_address_, key(node.address.host, port), i);
            for (const auto& name : names_of(node)) add(by_address_, key(name, port), i);
        }
        for (const auto& alias : node.aliases) add(by_address_, key(alias.host, alias.port), i);
        if (!node.pod.empty()) by_pod_.try_emplace(node.pod, i);
    }
    add_services(instance);
    add_leaving(instance);
}

void AddressBook::add(Index& index, std::string key, size_t node) {
    auto [it, fresh] = index.try_emplace(std::move(key), first_[node]);
    if (!fresh && it->second != first_[node]) it->second.reset();
}

void AddressBook::add_services(const fleet::Instance& instance) {
    std::map<std::string, std::set<size_t>> behind;
    for (const auto& slice : instance.slices)
        for (const auto& endpoint : slice.endpoints)
            if (auto node = of_pod(endpoint.pod); node && endpoint.ready) behind[slice.service].insert(first_[*node]);
    for (const auto& service : instance.services) {
        const auto& nodes = behind[service.meta.name];
        if (nodes.size() != 1) continue;
        if (!service.cluster_ip.empty() && service.cluster_ip != "None")
            add(by_service_, plain_host(service.cluster_ip), *nodes.begin());
        add(by_service_, plain_host(service.meta.name), *nodes.begin());
        add(by_service_, plain_host(service.meta.name + "." + service.meta.ns), *nodes.begin());
    }
}

std::optional<size_t> AddressBook::find(std::string_view host, int64_t port, const fleet::Node& speaker) const {
    if (host.empty()) return std::nullopt;
    auto plain = plain_host(host);
    if (plain == "127.0.0.1" && !speaker.address.host.empty()) plain = plain_host(speaker.address.host);
    if (auto it = by_address_.find(key(plain, port)); it != by_address_.end()) return it->second;
    if (auto it = by_service_.find(plain); it != by_service_.end()) return it->second;
    return std::nullopt;
}

void AddressBook::add_leaving(const fleet::Instance& instance) {
    for (size_t i = 0; i < instance.leaving.size(); i++) {
        const auto& node = instance.leaving[i];
        leaving_.try_emplace(key(node.address.host, node.address.port), i);
        for (const auto& name : names_of(node)) leaving_.try_emplace(key(name, node.address.port), i);
    }
}

std::optional<size_t> AddressBook::find_leaving(std::string_view host, int64_t port) const {
    auto it = leaving_.find(key(host, port));
    return it == leaving_.end() || by_address_.contains(it->first) ? std::nullopt : it->second;
}

std::optional<size_t> AddressBook::of_pod(std::string_view pod) const {
    auto it = by_pod_.find(pod);
    return it == by_pod_.end() ? std::nullopt : it->second;
}

}  // namespace redisctl::topology
