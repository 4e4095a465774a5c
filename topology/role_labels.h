// The labels that tell a pod's role: which there are, what they say, and what they ought to say. Facts about who sets
// which: docs/systems.md.
#pragma once

#include "fleet/node.h"
#include "topology/picture.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::topology {

// Keys that move with the role. app.kubernetes.io/component=master is a name that never moves, so it is none.
inline constexpr std::array<std::string_view, 5> role_label_keys = {"isMaster", "redisfailovers-role", "redis-role",
                                                                    "role", "app.kubernetes.io/role"};

// "isMaster=true", the first that names a role; empty when none does.
std::string role_label(const kube::Labels& labels);
// Does the label call its pod master? nullopt when it is empty.
std::optional<bool> says_master(std::string_view role_label);

// A label that says something else than its pod's Redis says of itself.
struct WrongLabel {
    std::string pod, node, key;
    std::string from, to;  // empty: absent
    bool is_master;        // what the node is

    bool operator==(const WrongLabel&) const = default;
};

// Of every role label that a pod of the instance has or a Service of it selects by. A pod is left alone where its Redis
// did not answer, and a replica without the label where no Service of replicas needs it: charts leave it out there.
std::vector<WrongLabel> wrong_labels(const fleet::Instance& instance, const Picture& picture);

// Services that lead to the master by this label; by their names.
std::vector<std::string> services_led_by(const fleet::Instance& instance, std::string_view key);

}  // namespace redisctl::topology
