// What redis.conf and a server's command line set, and whether that is what runs. Pure.
// Format: redis src/config.c loadServerConfigFromString, src/sds.c sdssplitargs, src/server.c main (--NAME VALUE…).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis {

// By name in lower case, what stands last; the values of `save` and client-output-buffer-limit, which add up, stand one
// behind the other. Values are words with one blank between, quotes resolved.
using Directives = std::map<std::string, std::string, std::less<>>;

// Lines that are none are passed over; what is behind an `include` is not in it.
Directives directives_of_file(std::string_view text);

// Behind redis-server or valkey-server, also where a shell's line runs it; empty where neither is.
Directives directives_of_command(const std::vector<std::string>& words);

// Does the server run with what is written? "100mb" is 104857600. nullopt: it cannot be told, as of a $VARIABLE.
std::optional<bool> runs_with(std::string_view name, std::string_view running, std::string_view written);

}  // namespace redisctl::redis
