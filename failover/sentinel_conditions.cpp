#include "failover/sentinel_conditions.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

using redis::has_flag;
using redis::Remembered;

std::string address_of(const Remembered& one) {
    return fmt::format("{}:{}", one.host, one.port.value_or(0));
}

// The first that is not remembered, or not heard.
std::string missing(const std::map<std::string, std::string>& wanted, const std::vector<Remembered>& remembered) {
    for (const auto& [address, id] : wanted) {
        const auto found = std::find_if(remembered.begin(), remembered.end(), [&](const Remembered& one) {
            return address_of(one) == address || (!id.empty() && one.id == id);
        });
        if (found == remembered.end() || has_flag(found->flags, "s_down") || has_flag(found->flags, "disconnected"))
            return address;
    }
    return {};
}

}  // namespace

Ask sentinel_question(const std::string& node, const std::string& master) {
    Ask ask{node, redis::sentinel_view_requests()};
    for (redis::Request& request : redis::sentinel_memory_requests(master)) ask.requests.push_back(std::move(request));
    return ask;
}

Result<SentinelAnswer> read_sentinel(const Answer& answer, const std::string& master) {
    TRY(answer);
    const auto middle =
        answer->begin() + static_cast<std::ptrdiff_t>(std::min(answer->size(), redis::sentinel_view_requests().size()));
    SentinelAnswer word;
    TRY_ASSIGN(word.view, redis::parse_sentinel_view({answer->begin(), middle}));
    for (const redis::SentinelMaster& one : word.view.masters)
        if (one.name == master) word.master = one;
    if (!word.master) return word;
    TRY_ASSIGN(word.memory, redis::parse_sentinel_memory({middle, answer->end()}));
    return word;
}

std::string what_differs(const SentinelCalm& condition, const SentinelAnswer& word) {
    if (word.view.tilt == true) return condition.node + " is in TILT mode";
    if (word.master && has_flag(word.master->flags, "failover_in_progress"))
        return fmt::format("{} is in the middle of a failover of {}", condition.node, condition.master);
    return {};
}

std::string what_differs(const SentinelKnows& condition, const SentinelAnswer& word) {
    if (!word.master) return fmt::format("{} watches no {}", condition.node, condition.master);
    if (has_flag(word.master->flags, "s_down") || has_flag(word.master->flags, "disconnected"))
        return fmt::format("{} does not hear the master", condition.node);
    if (const std::string one = missing(condition.replicas, word.memory.replicas); !one.empty())
        return fmt::format("{} does not hear the replica {} yet", condition.node, one);
    if (const std::string one = missing(condition.sentinels, word.memory.sentinels); !one.empty())
        return fmt::format("{} does not hear the Sentinel {} yet", condition.node, one);
    if (condition.quorum && word.memory.quorum_ok != true)
        return fmt::format("SENTINEL CKQUORUM says on {}: {}", condition.node, word.memory.quorum_words);
    return {};
}

std::string what_differs(const SentinelForgot& condition, const SentinelAnswer& word) {
    for (const auto* list : {&word.memory.replicas, &word.memory.sentinels})
        for (const Remembered& one : *list)
            if (std::find(condition.addresses.begin(), condition.addresses.end(), address_of(one)) !=
                condition.addresses.end())
                return fmt::format("{} remembers {}", condition.node, address_of(one));
    return {};
}

std::string what_differs(const SentinelWatches& condition, const SentinelAnswer& word) {
    const bool same = condition.host.empty()
                          ? !word.master
                          : word.master && word.master->host == condition.host && word.master->port == condition.port;
    if (same) return {};
    return word.master ? fmt::format("{} watches {} at {}:{}", condition.node, condition.master, word.master->host,
                                     word.master->port.value_or(0))
                       : fmt::format("{} watches no {}", condition.node, condition.master);
}

std::string what_differs(const SentinelSettings& condition, const SentinelAnswer& word) {
    if (!word.master) return fmt::format("{} watches no {}", condition.node, condition.master);
    const auto settings = settings_of(*word.master);
    for (const auto& [name, value] : condition.settings) {
        const auto found = settings.find(name);
        if (found == settings.end() || found->second != value)
            return fmt::format("{} has {} {}", condition.node, name,
                               found == settings.end() ? "unknown" : found->second);
    }
    return {};
}

std::map<std::string, std::string> settings_of(const redis::SentinelMaster& master) {
    std::map<std::string, std::string> settings;
    const auto add = [&](const char* name, const std::optional<int64_t>& value) {
        if (value) settings[name] = std::to_string(*value);
    };
    add("quorum", master.quorum);
    add("down-after-milliseconds", master.down_after_ms);
    add("failover-timeout", master.failover_timeout_ms);
    add("parallel-syncs", master.parallel_syncs);
    return settings;
}

}  // namespace redisctl::failover
