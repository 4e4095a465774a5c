// A piece of a replication stream as the commands that it is made of: counted, and kept as they can be given to
// redis-cli --pipe. No I/O. What a server puts between the writes (PING, REPLCONF, newlines) is no command of anybody,
// and neither is what redisctl itself writes (keys redisctl:*).
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::failover {

struct Commands {
    int64_t writes = 0;                      // what clients wrote; SELECT, MULTI and EXEC do not count
    std::map<std::string, int64_t> by_name;  // "SET" → 12
    // "user:*" → 7: the key up to its first colon, or without the digits at its end. Of the first key of a command.
    std::map<std::string, int64_t> by_prefix;
    bool cut = false;  // the last command or transaction is incomplete and left out
    std::string text;  // the commands as they were sent, with SELECT, MULTI and EXEC
};

// `bytes` begins with a command. Errors: protocol, when it is no stream of commands; what came before is lost too.
Result<Commands> read_commands(std::string_view bytes);

// The database that is selected at the end of a stream whose beginning may be in the middle of a command; nullopt when
// no SELECT is in it.
std::optional<int64_t> last_selected(std::string_view bytes);

std::string key_prefix(std::string_view key);

}  // namespace redisctl::failover
