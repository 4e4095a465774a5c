#include "commands/upgrade_gates.h"

#include "base/json_values.h"
#include "base/text.h"
#include "topology/findings.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

// For the hints: plain hosts are named by what was typed already.
std::string of(const topology::Picture& picture) {
    return picture.ns.empty() ? std::string() : fmt::format(" -n {} --instance {}", picture.ns, picture.name);
}

Gate findings_gate(const topology::Picture& picture) {
    std::set<std::string> critical;
    for (const Finding& finding : picture.findings)
        if (finding.severity == Severity::critical) critical.insert(finding.code);
    return {"findings", critical.empty() ? "none" : fmt::format("{}", fmt::join(critical, ", ")), "no critical one",
            critical.empty(), "redisctl doctor" + of(picture)};
}

Gate replicas_gate(const topology::Picture& picture) {
    size_t replicas = 0, linked = 0;
    for (const topology::NodePicture& node : picture.nodes) {
        if (node.name == picture.master) continue;
        replicas++;
        if (node.view && node.view->role == redis::Role::replica && node.view->link_up.value_or(false) &&
            !node.view->sync_in_progress.value_or(false))
            linked++;
    }
    return {"replicas", fmt::format("{} of {} linked", linked, replicas), "all, and one at least",
            replicas > 0 && linked == replicas, "redisctl replication-info" + of(picture)};
}

// Ready is not caught up.
Gate lag_gate(const topology::Picture& picture, int64_t max_lag_bytes) {
    std::optional<int64_t> most = 0;
    for (const topology::NodePicture& node : picture.nodes)
        if (node.name != picture.master)
            most = most && node.lag_bytes ? std::optional(std::max(*most, *node.lag_bytes)) : std::nullopt;
    return {"lag", most ? human_bytes(static_cast<uint64_t>(*most)) : "unknown",
            fmt::format("{} at most", human_bytes(static_cast<uint64_t>(max_lag_bytes))),
            most && *most <= max_lag_bytes, "redisctl replica-lag" + of(picture)};
}

Gate versions_gate(const topology::Picture& picture, const UpgradeState& now) {
    std::set<std::string> versions;
    for (const auto& [node, version] : now.versions) versions.insert(version.empty() ? "unknown" : version);
    return {"versions", fmt::format("{}", fmt::join(versions, ", ")), "the same everywhere",
            versions.size() == 1 && !versions.contains("unknown"), "redisctl version" + of(picture)};
}

std::string keys_text(const KeysByDatabase& keys) {
    if (!keys) return "unknown";
    std::vector<std::string> words;
    for (const auto& [database, count] : *keys) words.push_back(fmt::format("{}={}", database, count));
    return words.empty() ? "none" : fmt::format("{}", fmt::join(words, " "));
}

KeysByDatabase keys_of_master(const UpgradeState& state) {
    const auto found = state.keys.find(state.master);
    return found == state.keys.end() ? std::nullopt : found->second;
}

Gate keys_gate(const topology::Picture& picture, const UpgradeState& before, const UpgradeState& now,
               int64_t fewer_percent) {
    const KeysByDatabase were = keys_of_master(before), are = keys_of_master(now);
    bool ok = were && are;
    if (ok)
        for (const auto& [database, count] : *were) {
            const auto found = are->find(database);
            const int64_t left = found == are->end() ? 0 : found->second;
            if (left * 100 < count * (100 - fewer_percent)) ok = false;
        }
    return {"keys", fmt::format("{} -> {}", keys_text(were), keys_text(are)),
            fmt::format("in no database fewer by more than {}%", fewer_percent), ok, "redisctl dbsize" + of(picture)};
}

}  // namespace

std::vector<Gate> gates_of_any_time(const topology::Picture& picture, const UpgradeState& now, int64_t max_lag_bytes) {
    return {findings_gate(picture),
            {"master", picture.master.empty() ? "unknown" : picture.master, "one that all witnesses agree on",
             !picture.master.empty(), "redisctl master-info" + of(picture)},
            replicas_gate(picture),
            lag_gate(picture, max_lag_bytes),
            versions_gate(picture, now)};
}

Gate backup_gate(const topology::Picture& picture, const std::string& folder, const backup::Shelved* newest,
                 int64_t now_seconds, Millis max_age) {
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(max_age).count();
    Gate gate{"backup", "none in " + folder, fmt::format("whole, and not older than {} h", hours), false,
              fmt::format("redisctl backup rdb{} --dir {}", of(picture), folder)};
    if (newest == nullptr) return gate;
    const auto made = parse_rfc3339(newest->manifest.time);
    const bool whole = newest->bytes == newest->manifest.bytes;
    if (!made || !whole) {
        gate.value = fmt::format("{} is {}", newest->manifest.id, whole ? "of an unknown time" : "not whole");
        return gate;
    }
    const int64_t age = std::max<int64_t>(0, now_seconds - *made);
    gate.value = fmt::format("{}, {} h {} min old", newest->manifest.id, age / 3600, age % 3600 / 60);
    gate.ok = Millis(std::chrono::seconds(age)) <= max_age;
    return gate;
}

std::vector<Gate> gates_since(const topology::Picture& picture, const UpgradeState& before, const UpgradeState& now,
                              int64_t fewer_percent) {
    std::vector<std::string> missing;
    for (const auto& [node, version] : before.versions)
        if (!now.versions.contains(node)) missing.push_back(node);
    const Gate nodes{"nodes", missing.empty() ? "all" : fmt::format("missing: {}", fmt::join(missing, ", ")),
                     fmt::format("the {} of before", before.versions.size()), missing.empty(),
                     "redisctl pods" + of(picture)};
    return {nodes, keys_gate(picture, before, now, fewer_percent)};
}

Json to_json(const UpgradeState& state) {
    Json json{{"time", state.time}, {"master", text_or_null(state.master)}, {"nodes", Json::array()}};
    for (const auto& [node, version] : state.versions) {
        Json keys(nullptr);
        if (const auto found = state.keys.find(node); found != state.keys.end() && found->second) {
            keys = Json::object();
            for (const auto& [database, count] : *found->second) keys[database] = count;
        }
        json["nodes"].push_back({{"name", node}, {"version", text_or_null(version)}, {"keys", std::move(keys)}});
    }
    return json;
}

Result<UpgradeState> read_upgrade_state(const Json& item) {
    UpgradeState state;
    try {
        state.time = item.at("time").get<std::string>();
        state.master = item.at("master").is_null() ? "" : item.at("master").get<std::string>();
        for (const Json& node : item.at("nodes")) {
            const auto name = node.at("name").get<std::string>();
            state.versions[name] = node.at("version").is_null() ? "" : node.at("version").get<std::string>();
            KeysByDatabase& keys = state.keys[name];
            if (node.at("keys").is_null()) continue;
            keys.emplace();
            for (const auto& [database, count] : node.at("keys").items()) (*keys)[database] = count.get<int64_t>();
        }
    } catch (const Json::exception& error) {
        return fail(ErrorCode::usage, "that is not what `redisctl upgrade check --json` printed", error.what(),
                    "redisctl upgrade check --json > before.json");
    }
    return state;
}

}  // namespace redisctl
