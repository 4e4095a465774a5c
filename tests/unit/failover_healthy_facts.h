// Facts about an instance where a switch may be made: three pods of the sb-helm-charts chart, in step, nothing in the
// way. Tests spoil it from there.
#pragma once

#include "failover/check.h"
#include "failover/facts.h"
#include "tests/support/world.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace redisctl::testing {

inline failover::NodeFacts healthy_node(const redis::NodeView& view) {
    failover::NodeFacts node;
    node.view = view;
    node.view->backlog_active = true;
    node.view->backlog_size = 1 << 20;
    node.info = {{"redis_version", view.version},  {"rdb_bgsave_in_progress", "0"}, {"aof_rewrite_in_progress", "0"},
                 {"rdb_last_bgsave_status", "ok"}, {"aof_last_write_status", "ok"}, {"used_memory", "1000000"},
                 {"connected_clients", "10"},      {"cluster_enabled", "0"}};
    node.settings->values = {{"maxmemory", "0"},        {"maxmemory-policy", "noeviction"},
                             {"appendonly", "no"},      {"save", ""},
                             {"maxclients", "10000"},   {"min-replicas-to-write", "0"},
                             {"tls-replication", "no"}, {"notify-keyspace-events", ""},
                             {"timeout", "0"},          {"client-output-buffer-limit", "normal 0 0 0"},
                             {"databases", "16"},       {"replica-read-only", "yes"}};
    for (const char* command : {"failover", "replicaof", "replconf", "psync", "config|set", "client|kill",
                                "client|pause", "multi", "exec", "wait", "set"})
        node.abilities[command] = failover::Ability::yes;
    node.user = "default";
    node.company->listeners = 0;
    node.latency = failover::Latency{20, Micros(100), Micros(300)};
    const int64_t offset = view.role == redis::Role::master ? *view.master_offset : *view.applied_offset;
    node.earlier = failover::OffsetSample{Micros(0), offset};
    node.later = failover::OffsetSample{Micros(300'000), offset};
    if (view.role == redis::Role::replica) {
        node.admits_master = Result<void>();
        node.admitted_by_master = Result<void>();
    }
    return node;
}

// Lives as long as the facts that it made: they point into its pods.
class FactsWorld {
  public:
    explicit FactsWorld(fleet::Listed listed = sb_replica()) : world(std::move(listed)) { renew(); }
    explicit FactsWorld(const std::vector<net::HostPort>& hosts) : world(hosts) { renew(); }

    // After a change of the world: what the nodes and the topology say now.
    void renew() {
        facts = {};
        facts.instance = world.instance();
        facts.picture = world.look();
        for (const Result<redis::NodeView>& view : world.answers().nodes) {
            if (view) {
                facts.nodes.push_back(healthy_node(*view));
            } else {
                facts.nodes.emplace_back().view = fail(view.error());
            }
        }
        if (!facts.instance.ns.empty()) {
            facts.kubernetes.emplace();
            kube::StatefulSet set;
            set.meta.name = "redis";
            set.replicas = set.ready_replicas = set.updated_replicas = 3;
            set.generation = set.observed_generation = 1;
            set.current_revision = set.update_revision = "redis-1";
            set.update_strategy = "RollingUpdate";
            facts.kubernetes->workloads->push_back(set);
            kube::K8sNode machine;
            machine.ready = "True";
            facts.kubernetes->k8s_nodes.emplace("n1", machine);
            facts.kubernetes->reviews.push_back(
                {{"patch", "", "services", "default", "redis"}, kube::Permission::allowed, {}});
        }
        failover::find_master(facts);
    }

    failover::NodeFacts& node(const std::string& name) { return facts.nodes.at(world.index(name)); }
    redis::NodeView& view(const std::string& name) { return *node(name).view; }
    void silence(const std::string& name,
                 Error error = {ErrorCode::timeout, "no connection in time", {}, {}, "CONNECT_TIMEOUT"}) {
        world.silence(name, std::move(error));
        renew();
    }

    World world;
    failover::Facts facts;
};

// "verdict: value" of the check with this name, about this node when one is named.
inline std::string verdict(const std::vector<failover::Check>& checks, const std::string& name,
                           const std::string& node = {}) {
    const auto it = std::find_if(checks.begin(), checks.end(), [&](const failover::Check& check) {
        return check.name == name && (node.empty() || check.node == node);
    });
    if (it == checks.end()) throw std::out_of_range("no check " + name);
    return std::string(failover::verdict_name(it->verdict)) + ": " + it->value;
}

// A Sentinel of these facts at its own address, whose master is 10.0.0.1:6379.
inline failover::SentinelFacts watching(failover::Facts& facts, const char* name, int64_t down_after_ms,
                              int64_t failover_timeout_ms) {
    fleet::Node node;
    node.name = name;
    node.address = *net::parse_host_port(name, 0);
    facts.instance.sentinels.push_back(std::move(node));
    failover::SentinelFacts sentinel;
    sentinel.name = name;
    sentinel.word->master = {"mymaster", "10.0.0.1", 6379, "master", 7, 2, 2, 2, down_after_ms, failover_timeout_ms, 1};
    sentinel.word->tilt = false;
    return sentinel;
}

// A replica that it hears, and that follows.
inline redis::Remembered remembered(const char* host, const char* run_id = "") {
    redis::Remembered replica{host, 6379, run_id, "slave", {}, {}, true};
    replica.priority = 100;
    replica.offset = 990;
    replica.info_age_ms = 1'000;
    return replica;
}

}  // namespace redisctl::testing
