// CLIENT LIST, read without trust. Fields: redis 5.0–8.2 and valkey 8 src/networking.c catClientInfoString.
#pragma once

#include "base/result.h"
#include "redis/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::redis {

struct ConnectedClient {
    int64_t id = 0;
    std::string address;                       // "10.0.0.7:51234", or a unix socket's path and ":0"
    std::string name, user, library, command;  // empty when not told
    std::string type;                          // normal | replica | master | pubsub
    int64_t database = 0;
    bool blocked = false;
    std::optional<int64_t> age_seconds, idle_seconds;
    std::optional<int64_t> output_bytes;  // waiting to be sent

    std::string host() const;  // the address without its port
};

// Errors: an error reply, protocol. A line without an id is left out.
Result<std::vector<ConnectedClient>> read_client_list(const Value& reply);

}  // namespace redisctl::redis
