// An error reply, in plain words: which situation it is, and what to do. One sentence for each of the situations that users meet.
#pragma once

#include "base/error.h"
#include "redis/value.h"

#include <string>
#include <string_view>

namespace redisctl::redis {

// `reply` must be an error reply; `command` is the command's name ("INFO"), for NOPERM and unknown commands.
//  NOAUTH, WRONGPASS, "invalid password" (≤ 5), "no password is set"  → unauthenticated
//  NOPERM, DENIED (protected mode), renamed or disabled command        → forbidden / server
//  LOADING, MASTERDOWN, READONLY, BUSY, MISCONF, CLUSTERDOWN, MOVED, max clients … → server
// Error::reason is the reply's word (NOAUTH, WRONGPASS, NOPERM, LOADING, MASTERDOWN …; UNKNOWN_COMMAND for "ERR unknown command"). The server's own text is
// the cause. No secret ever appears, not even the user's own arguments that old servers echo.
Error reply_error(const Value& reply, std::string_view command);

}  // namespace redisctl::redis
