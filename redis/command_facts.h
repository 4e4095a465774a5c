// What a command would do to a server, by the server's own table and by its name. Nothing is sent here.
#pragma once

#include "redis/codec.h"
#include "redis/value.h"

#include <optional>
#include <string>
#include <string_view>

namespace redisctl::redis {

// Asks the node for its own entry of this command. Redis ≥ 2.8.13.
Request command_info_request(const Request& command);

// Is the command known, by its entry in a reply to COMMAND INFO? Renamed and disabled ones are nil there, or an empty
// array.
bool is_known(const Value& entry);

// May it write, by the reply to that request? Scripts and functions may, save for the _RO ones. nullopt: the node does
// not know the command, or does not tell.
std::optional<bool> may_write(const Value& command_info, const Request& command);

enum class Danger {
    none,
    changes_roles,  // REPLICAOF, FAILOVER, CLUSTER …: redisctl has commands for that, with checks
    session,        // MONITOR, SUBSCRIBE, MULTI, SELECT …: without end, or about nothing but the connection itself
    blocks,         // KEYS, DEBUG SLEEP, SAVE: everybody waits meanwhile
    destroys,       // FLUSHALL, SHUTDOWN, SWAPDB, CONFIG SET, ACL …: data or service may be gone
};

// By name alone; what is not listed is `none`.
Danger danger_of(const Request& command);

}  // namespace redisctl::redis
