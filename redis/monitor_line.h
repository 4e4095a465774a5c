// A line of MONITOR: a command that a server carries out, for whom and when. Pure.
// Format: redis src/replication.c replicationFeedMonitors, and src/sds.c sdscatrepr for the quoted words.
#pragma once

#include "redis/codec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::redis {

// 1339518083.107412 [0 127.0.0.1:60866] "set" "key" "a\x00\"b"
struct MonitorLine {
    int64_t micros = 0;  // since the epoch, by the server's clock
    int64_t database = 0;
    std::string client;  // HOST:PORT, [HOST]:PORT, unix:PATH, or lua: a script's own commands
    Request command;     // its words, any bytes; at least one
};

// nullopt: it is none.
std::optional<MonitorLine> parse_monitor_line(std::string_view line);

}  // namespace redisctl::redis
