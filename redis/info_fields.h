// The fields of INFO, read without trust: what is missing, negative or no number is unknown, never 0.
#pragma once

#include "base/result.h"
#include "redis/node_view.h"
#include "redis/value.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::redis {

using InfoFields = std::map<std::string, std::string, std::less<>>;

// The reply to INFO <section>. Errors: an error reply; text that is no INFO (protocol). An empty reply is a section
// that the node does not have: no fields, save for "server", which every node has.
Result<InfoFields> read_info(const Value& reply, std::string_view section);

// A flat list of names and values, as RESP2 has for a map. Errors: an error reply of `command`, protocol.
Result<InfoFields> read_pairs(const Value& reply, std::string_view command);

std::string text_of(const InfoFields& fields, std::string_view key);              // empty when missing
std::optional<int64_t> count_of(const InfoFields& fields, std::string_view key);  // -1 is how servers say "none"
std::optional<bool> flag_of(const InfoFields& fields, std::string_view key);      // 0 or 1

// Keys by database, "db0" → 12, of INFO keyspace, which names only databases that hold some.
std::map<std::string, int64_t> keys_by_database(const InfoFields& keyspace);
int64_t count_keys(const InfoFields& keyspace);  // of all of them

// Who speaks, as INFO server tells it.
struct ServerFacts {
    std::string version, server, run_id, mode;
    std::optional<int64_t> tcp_port;
};
ServerFacts server_facts(const InfoFields& server);

}  // namespace redisctl::redis
