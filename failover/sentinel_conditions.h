// What a plan wants of Sentinels, against what each of them says now. Inside failover/ only.
#pragma once

#include "failover/plan.h"
#include "failover/world.h"
#include "redis/sentinel_memory.h"
#include "redis/sentinel_view.h"

#include <optional>
#include <string>

namespace redisctl::failover {

// One Sentinel's answer, about one master by its name there.
struct SentinelAnswer {
    redis::SentinelView view;
    std::optional<redis::SentinelMaster> master;  // nullopt: it watches none of this name
    redis::SentinelMemory memory;
};

Ask sentinel_question(const std::string& node, const std::string& master);
Result<SentinelAnswer> read_sentinel(const Answer& answer, const std::string& master);

// What is found instead: "s1 is in TILT mode"; empty when the condition holds.
std::string what_differs(const SentinelCalm& condition, const SentinelAnswer& word);
std::string what_differs(const SentinelKnows& condition, const SentinelAnswer& word);
std::string what_differs(const SentinelForgot& condition, const SentinelAnswer& word);
std::string what_differs(const SentinelWatches& condition, const SentinelAnswer& word);
std::string what_differs(const SentinelSettings& condition, const SentinelAnswer& word);

// Quorum, down-after-milliseconds, failover-timeout and parallel-syncs, by the names that SENTINEL SET takes.
std::map<std::string, std::string> settings_of(const redis::SentinelMaster& master);

}  // namespace redisctl::failover
