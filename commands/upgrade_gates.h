// What must hold before servers are upgraded, and after: values beside what they have to be. Pure.
#pragma once

#include "backup/shelf.h"
#include "base/result.h"
#include "base/time.h"
#include "topology/picture.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct Gate {
    std::string name, value, limit;
    bool ok = false;  // a value that is not known is not ok
    std::string hint;
};

// By database, "db0" → 12; nullopt: the node does not tell.
using KeysByDatabase = std::optional<std::map<std::string, int64_t>>;

struct UpgradeState {
    std::string time;  // RFC 3339
    std::string master;
    std::map<std::string, std::string> versions;  // by node; empty: it does not tell
    std::map<std::string, KeysByDatabase> keys;        // by node
};

// What holds at any time: no critical finding, one master, every replica linked and near, one version.
std::vector<Gate> gates_of_any_time(const topology::Picture& picture, const UpgradeState& now, int64_t max_lag_bytes);

// The newest backup of that instance: nullptr, there is none; `now` in seconds since 1970.
Gate backup_gate(const topology::Picture& picture, const std::string& folder, const backup::Shelved* newest,
                 int64_t now_seconds, Millis max_age);

// The same nodes, and of the keys of the master not fewer than before by more than so many per cent.
std::vector<Gate> gates_since(const topology::Picture& picture, const UpgradeState& before, const UpgradeState& now,
                              int64_t fewer_percent);

// {"time", "master", "nodes": [{"name", "version", "keys"}…]}, and back. Errors of reading: usage.
nlohmann::ordered_json to_json(const UpgradeState& state);
Result<UpgradeState> read_upgrade_state(const nlohmann::ordered_json& item);

}  // namespace redisctl
