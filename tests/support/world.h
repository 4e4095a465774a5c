// An instance whose nodes have answered: every other Redis follows the first one, in step, and the Sentinels watch it.
// Tests spoil it from there.
#pragma once

#include "fleet/inventory.h"
#include "tests/support/kube_builders.h"
#include "topology/join.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace redisctl::testing {

inline const std::string history_a(40, 'a'), history_b(40, 'b');

inline redis::NodeView master_view(const std::string& run_id) {
    redis::NodeView view;
    view.version = "7.0.15";
    view.run_id = run_id;
    view.mode = "standalone";
    view.tcp_port = 6379;
    view.role = redis::Role::master;
    view.master_offset = 1000;
    view.connected_replicas = 0;
    view.failover_state = "no-failover";
    view.replid = history_a;
    view.loading = false;
    return view;
}

inline redis::NodeView replica_view(const std::string& run_id, const std::string& host, int64_t port) {
    auto view = master_view(run_id);
    view.role = redis::Role::replica;
    view.master_host = host;
    view.master_port = port;
    view.link_up = true;
    view.last_io_seconds = 1;
    view.sync_in_progress = false;
    view.role_state = "connected";
    view.master_offset = view.applied_offset = view.read_offset = 990;
    view.priority = 100;
    view.read_only = true;
    return view;
}

class World {
  public:
    explicit World(fleet::Listed listed) : inventory_(fleet::make_inventory(std::move(listed))) { begin(); }
    // Plain hosts: the first is the master.
    explicit World(const std::vector<net::HostPort>& hosts) {
        auto& made = inventory_.instances.emplace_back();
        made.name = net::to_string(hosts.front());
        for (const auto& host : hosts) {
            fleet::Node node;
            node.name = net::to_string(host);
            node.address = host;
            made.nodes.push_back(std::move(node));
        }
        begin();
    }

    fleet::Instance& instance() { return inventory_.instances.at(0); }
    topology::Answers& answers() { return answers_; }

    redis::NodeView& view(const std::string& name) { return *answers_.nodes.at(index(name)); }
    redis::SentinelView& sentinel(size_t i) { return *answers_.sentinels.at(i); }
    const fleet::Node& node(const std::string& name) { return instance().nodes.at(index(name)); }
    size_t index(const std::string& name) {
        for (size_t i = 0; i < instance().nodes.size(); i++)
            if (instance().nodes[i].name == name) return i;
        throw std::out_of_range("no node " + name);
    }

    // The node stops following and calls itself master, with a history of its own.
    void promote(const std::string& name) {
        auto fresh = master_view(view(name).run_id);
        fresh.replid = history_b;
        fresh.replid2 = history_a;
        fresh.master_offset = 995;
        fresh.second_offset = 991;
        view(name) = fresh;
    }
    // The node follows `master` from now on, by its address, with the link up.
    void follow(const std::string& name, const std::string& master) {
        const auto& address = node(master).address;
        auto port = view(name).tcp_port;
        view(name) = replica_view(view(name).run_id, address.host, address.port);
        view(name).tcp_port = port;
    }
    void silence(const std::string& name, Error error = {ErrorCode::timeout, "redis did not answer", {}, {}, {}}) {
        answers_.nodes.at(index(name)) = fail(std::move(error));
    }

    topology::Picture look(const std::string& system = {}) { return topology::join(instance(), answers_, system); }

  private:
    void begin() {
        auto& made = instance();
        for (size_t i = 0; i < made.nodes.size(); i++) {
            auto run_id = "run-" + std::to_string(i);
            auto view = i == 0 ? master_view(run_id)
                               : replica_view(run_id, made.nodes[0].address.host, made.nodes[0].address.port);
            if (made.nodes[i].pod.empty()) view.tcp_port = made.nodes[i].address.port;
            answers_.nodes.push_back(std::move(view));
        }
        auto& master = *answers_.nodes.at(0);
        for (size_t i = 1; i < made.nodes.size(); i++)
            master.replicas.push_back({made.nodes[i].address.host, made.nodes[i].address.port, "online", 990, 1});
        master.connected_replicas = static_cast<int64_t>(master.replicas.size());
        for (size_t i = 0; i < made.sentinels.size(); i++) {
            redis::SentinelView view;
            view.version = "7.0.15";
            view.run_id = "sentinel-" + std::to_string(i);
            redis::SentinelMaster watched;
            watched.name = "mymaster";
            watched.host = made.nodes[0].address.host;
            watched.port = made.nodes[0].address.port;
            watched.flags = "master";
            watched.quorum = 2;
            watched.known_sentinels = static_cast<int64_t>(made.sentinels.size()) - 1;
            view.masters.push_back(watched);
            answers_.sentinels.push_back(std::move(view));
        }
    }

    fleet::Inventory inventory_;
    topology::Answers answers_;
};

// "CODE node" of each finding, in order.
inline std::vector<std::string> codes(const topology::Picture& picture) {
    std::vector<std::string> out;
    for (const auto& finding : picture.findings)
        out.push_back(finding.code + (finding.node.empty() ? "" : " " + finding.node));
    return out;
}

inline std::optional<Finding> finding(const topology::Picture& picture, const std::string& code) {
    auto it = std::find_if(picture.findings.begin(), picture.findings.end(),
                           [&](const auto& one) { return one.code == code; });
    return it == picture.findings.end() ? std::nullopt : std::optional(*it);
}

}  // namespace redisctl::testing
