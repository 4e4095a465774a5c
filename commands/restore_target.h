// Where it is to be restored to, as the master itself tells: what it holds, what it would take, and what it permits.
// Nothing is changed by asking.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "commands/restore_file.h"
#include "fleet/node.h"
#include "topology/picture.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl {

// Keys by number of database, without our own lock.
using KeyCounts = std::map<uint64_t, int64_t>;
int64_t sum_of(const KeyCounts& keys);

struct RestoreTarget {
    std::string run_id, replid, replid2;  // its history, and the one that it went on with when it became the master
    std::string version;  // "redis 7.0.15"
    KeyCounts keys;
    std::optional<int64_t> used_memory, maxmemory, expired_keys, evicted_keys, databases, max_bulk_bytes;
    std::string policy;  // maxmemory-policy
    std::optional<bool> aof;
    bool saves = false;                                 // it writes an RDB by itself
    std::optional<std::vector<std::string>> functions;  // names of libraries; nullopt: it does not tell
    bool has_functions = false;                         // it knows them at all
    bool has_flush = false;
    std::optional<size_t> modules;     // nullopt: it does not tell
    std::optional<Error> select_said;  // to SELECT of the highest database of the file
    // To a RESTORE whose payload has a good footer of the file's version and no value. Nullopt: it would take it.
    std::optional<Error> restore_said;
    int64_t clock_ahead_ms = 0;  // of this machine's
};

// Errors: those of the connection; what it answers to INFO.
Result<RestoreTarget> ask_restore_target(Context& context, const fleet::Node& master, const RestoreFile& file);

// What one node holds now, and its place in the history. Errors: as above.
struct Holding {
    redis::NodeView view;
    KeyCounts keys;
    std::optional<int64_t> expired_keys, evicted_keys;
};
std::vector<Result<Holding>> ask_holdings(Context& context, const std::vector<const fleet::Node*>& nodes);

}  // namespace redisctl
