// One server's save in the background, BGSAVE or BGREWRITEAOF: how it is begun, and by what it is known to be over. The
// server says how that went only when it is asked.
#pragma once

#include "base/result.h"
#include "redis/codec.h"
#include "redis/node_view.h"
#include "redis/value.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace redisctl {

// Fields of INFO persistence: redis src/server.c genRedisInfoString.
struct SavingKind {
    redis::Request command;
    std::string_view running, status, seconds, bytes;
    std::string_view what;
};
extern const SavingKind snapshot_saving, rewrite_saving;

// joined: one was under way already, and holds what was there when it began.
enum class SavingState { unknown, started, scheduled, joined, done, failed };
std::string_view name_of(SavingState state);

struct Saving {
    redis::Role role = redis::Role::unknown;
    SavingState state = SavingState::unknown;
    int64_t began = 0;  // by the server's clock, in seconds
    bool seen_running = false;
    int silent = 0;  // looks without an answer, one after the other
    std::optional<int64_t> seconds, bytes;
    std::optional<Error> error;

    bool under_way() const;
};

// What is sent, and what its replies say.
std::vector<redis::Request> requests_to_begin(const SavingKind& kind);
void take_start(const SavingKind& kind, Saving& saving, const Result<std::vector<redis::Value>>& replies);

// While it is under way: the replies to info_requests({"persistence"}).
void look_at(const SavingKind& kind, Saving& saving, const Result<std::vector<redis::Value>>& replies);

}  // namespace redisctl
