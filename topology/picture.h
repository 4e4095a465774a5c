// All views joined: what an instance looks like when every witness is heard. Pure values; commands print them, planners
// read them.
#pragma once

#include "base/error.h"
#include "base/finding.h"
#include "redis/node_view.h"
#include "redis/sentinel_view.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::topology {

enum class Health { healthy, degraded, critical, unknown };
std::string_view health_name(Health health);

// Who is the master, according to one witness. `says` is a node's name, or the address as it was told when no node of
// ours has it.
struct Witness {
    std::string source;  // role | sentinel | label | service
    std::string by;      // the node, Sentinel, pod or Service that says so
    std::string says;
};

struct NodePicture {
    std::string name, pod, k8s_node, address;
    std::optional<redis::NodeView> view;  // nullopt: did not answer; then error says why
    std::optional<Error> error;
    std::string role_label;  // isMaster, redisfailovers-role, role, redis-role … as "key=value"; empty when none

    // Derived:
    std::string master_node;             // the node that master_host:master_port is; empty when it is none of ours
    std::optional<int64_t> offset;       // master_repl_offset of a master, the applied offset of a replica
    std::optional<int64_t> lag_bytes;    // replica on the same history, from the same look; else nullopt
    std::optional<int64_t> lag_seconds;  // since the master last heard this replica's acknowledgement
};

struct SentinelPicture {
    std::string name, pod, k8s_node, address;
    std::optional<redis::SentinelView> view;
    std::optional<Error> error;
    std::optional<redis::SentinelMaster>
        master;  // of the masters it watches, the one of this instance; nullopt when it watches none of ours
    std::string master_node;  // the node that this is; empty when it is none of ours
};

struct ServicePicture {
    std::string name, type;             // type: master | replicas | all | headless | sentinel | other (services.h)
    std::vector<std::string> selector;  // "key=value"
    std::vector<std::string> ready, not_ready;  // nodes' names (or addresses) behind it
    std::string routes_to;                      // master | replica | all | nothing | unknown
};

struct Picture {
    std::string name, ns;
    std::string system = "generic";     // design: standalone, generic, sentinel, bitnami-…, spotahome…, sb-…,
                                        // unrelated-masters, cluster-mode
    std::vector<std::string> evidence;  // why this system
    Health health = Health::unknown;
    // A node's name, or the address as it was told when all follow one outside; empty (null) unless all witnesses agree
    // and one of them has it at first hand.
    std::string master;
    std::vector<Witness> witnesses;
    std::vector<NodePicture> nodes;
    std::vector<SentinelPicture> sentinels;
    std::vector<ServicePicture> services;
    std::vector<Finding> findings;  // critical first

    std::string full_name() const { return ns.empty() ? name : ns + "/" + name; }
};

}  // namespace redisctl::topology
