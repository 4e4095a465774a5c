// Lines of a server's own log: which tell of a failover, and what must not be shown of them. Pure.
// Texts: Redis 6.0–8.2 and Valkey 8 src/replication.c, src/sentinel.c.
#pragma once

#include <string>
#include <string_view>

namespace redisctl::redis {

// A role changes, a link between master and replica breaks or comes to be, or a Sentinel judges, votes or switches.
bool tells_of_failover(std::string_view line);

// Sentinels log what they were told to set, with its value: a password's is hidden.
std::string without_logged_secrets(std::string_view line);

}  // namespace redisctl::redis
