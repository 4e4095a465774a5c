// The keys of an RDB written to a master, one by one: RESTORE key ttl value REPLACE ABSTTL, many at a time on the way,
// none waited for by itself. No role changes and nothing restarts; replicas get what the master gets.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/restore_file.h"
#include "fleet/node.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace redisctl {

struct Replayed {
    // Keys and libraries, in the order of the file, that need not be sent again: acknowledged, expired or refused.
    uint64_t place = 0;
    std::map<uint64_t, uint64_t> restored;  // keys that the master acknowledged, by database
    uint64_t expired = 0;                   // left out: their time had come
    uint64_t functions = 0;
    // What the master would not take of itself, for what it is; the first of them by name.
    uint64_t refused = 0;
    std::vector<std::string> refusals;
    uint64_t reconnected = 0;
    uint64_t held_back_ms = 0;  // for replicas that were far behind

    uint64_t keys() const;
};

struct ReplayTask {
    const fleet::Node* master = nullptr;
    std::string run_id;          // the process that is to take them
    int64_t clock_ahead_ms = 0;  // the master's, before this machine's
    const RestoreFile* file = nullptr;
    // Now and then, between two keys. An error ends it.
    std::function<Result<void>()> keep_going;
    // Whenever something was acknowledged, often: `replayed` says how far it came by now.
    std::function<void()> acknowledged;
};

// From `replayed.place` on; `replayed` is true also when it fails: of what was acknowledged. A line that breaks is made
// again, for as long as the same process is the master; what had not been acknowledged is sent again, which replaces a
// key by itself. After Ctrl-C the answers to what is on its way are waited for, for 2 s at most. Errors: interrupted;
// conflict (ROLE_CHANGED, RESTARTED) when it is not; server (OOM, MISCONF, NOPERM …) when it takes nothing
// more; those of the connection; those of the file, which may have changed.
Result<void> replay(Context& context, const ReplayTask& task, Replayed& replayed);

}  // namespace redisctl
