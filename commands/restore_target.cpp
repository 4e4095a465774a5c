#include "commands/restore_target.h"

#include "base/text.h"
#include "redis/command_facts.h"
#include "redis/dump_payload.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <iterator>

namespace redisctl {

namespace {

constexpr Millis one_answer{10'000};
constexpr const char* lock_key = "redisctl:lock";
constexpr const char* probe_key = "redisctl:probe";
constexpr std::string_view would_take = "Bad data format";

std::string setting(const redis::Value& reply) {
    return reply.elements.size() == 2 ? reply.elements[1].text : std::string();
}

bool has_command(const redis::Value& command_info) {
    return !command_info.elements.empty() && redis::is_known(command_info.elements.front());
}

KeyCounts keys_of(const redis::InfoFields& info, bool locked) {
    KeyCounts keys;
    for (const auto& [name, count] : redis::keys_by_database(info))
        if (const auto number = parse_int(std::string_view(name).substr(2)))
            keys[static_cast<uint64_t>(*number)] = count;
    if (locked && --keys[0] <= 0) keys.erase(0);
    return keys;
}

// RESP2 gives each library as a flat list of names and values.
std::vector<std::string> library_names(const redis::Value& reply) {
    std::vector<std::string> names;
    for (const redis::Value& library : reply.elements)
        for (size_t i = 0; i + 1 < library.elements.size(); i += 2)
            if (library.elements[i].text == "library_name") names.push_back(library.elements[i + 1].text);
    return names;
}

std::optional<Error> error_of(const redis::Value& reply, std::string_view command) {
    return reply.is_error() ? std::optional(redis::reply_error(reply, command)) : std::nullopt;
}

}  // namespace

int64_t sum_of(const KeyCounts& keys) {
    int64_t sum = 0;
    for (const auto& [number, count] : keys) sum += count;
    return sum;
}

Result<RestoreTarget> ask_restore_target(Context& context, const fleet::Node& master, const RestoreFile& file) {
    const uint64_t highest = file.facts.databases.empty() ? 0 : file.facts.databases.rbegin()->first;
    const std::string& name = file.first_key.empty() ? std::string(probe_key) : file.first_key;
    const std::vector<redis::Request> requests{
        {"INFO"},
        {"TIME"},
        {"EXISTS", lock_key},
        {"CONFIG", "GET", "maxmemory-policy"},
        {"CONFIG", "GET", "databases"},
        {"CONFIG", "GET", "proto-max-bulk-len"},
        {"CONFIG", "GET", "save"},
        {"COMMAND", "INFO", "flushall"},
        {"COMMAND", "INFO", "function"},
        {"FUNCTION", "LIST"},
        {"MODULE", "LIST"},
        {"SELECT", std::to_string(highest)},
        {"RESTORE", name, "0", redis::hollow_payload(file.facts.version), "REPLACE", "ABSTTL"}};
    // On a connection of its own, because a database is chosen there.
    const std::vector<fleet::Call> calls{{&master, requests, {}, true}};
    const int64_t asked = clock_ms();
    fleet::Outcome outcome = std::move(context.fleet().exec(calls, Deadline::after(one_answer)).front());
    if (!outcome.replies) return fail(outcome.replies.error());
    const std::vector<redis::Value>& replies = *outcome.replies;
    TRY_ASSIGN(const redis::InfoFields info, redis::read_info(replies[0], "server"));
    RestoreTarget target;
    const redis::ServerFacts server = redis::server_facts(info);
    target.run_id = server.run_id;
    target.replid = redis::text_of(info, "master_replid");
    target.replid2 = redis::text_of(info, "master_replid2");
    target.version = fmt::format("{} {}", server.server, server.version);
    target.keys = keys_of(info, replies[2].integer == 1);
    target.used_memory = redis::count_of(info, "used_memory");
    target.maxmemory = redis::count_of(info, "maxmemory");
    target.expired_keys = redis::count_of(info, "expired_keys");
    target.evicted_keys = redis::count_of(info, "evicted_keys");
    target.aof = redis::flag_of(info, "aof_enabled");
    if (replies[1].elements.size() == 2)
        if (const auto seconds = parse_int(replies[1].elements[0].text))
            target.clock_ahead_ms = *seconds * 1000 - asked;
    // Both clocks show whole seconds to each other.
    if (std::abs(target.clock_ahead_ms) < 2'000) target.clock_ahead_ms = 0;
    target.policy = setting(replies[3]);
    target.databases = parse_int(setting(replies[4]));
    target.max_bulk_bytes = parse_int(setting(replies[5]));
    target.saves = !setting(replies[6]).empty();
    target.has_flush = has_command(replies[7]);
    target.has_functions = has_command(replies[8]);
    if (!replies[9].is_error()) target.functions = library_names(replies[9]);
    if (!replies[10].is_error()) target.modules = replies[10].elements.size();
    target.select_said = error_of(replies[11], "SELECT");
    if (replies[12].text.find(would_take) == std::string::npos) target.restore_said = error_of(replies[12], "RESTORE");
    return target;
}

std::vector<Result<Holding>> ask_holdings(Context& context, const std::vector<const fleet::Node*>& nodes) {
    std::vector<redis::Request> requests = redis::node_view_requests();
    const size_t of_view = requests.size();
    requests.push_back({"INFO", "keyspace"});
    requests.push_back({"INFO", "stats"});
    requests.push_back({"EXISTS", lock_key});
    std::vector<fleet::Call> calls;
    for (const fleet::Node* node : nodes) calls.push_back({node, requests});
    std::vector<Result<Holding>> holdings;
    for (const fleet::Outcome& outcome : context.fleet().exec(calls, Deadline::after(one_answer))) {
        holdings.push_back([&]() -> Result<Holding> {
            TRY(outcome.replies);
            const std::vector<redis::Value>& replies = *outcome.replies;
            Holding holding;
            TRY_ASSIGN(holding.view, redis::parse_node_view(
                                         {replies.begin(), std::next(replies.begin(), static_cast<long>(of_view))}));
            TRY_ASSIGN(const redis::InfoFields keyspace, redis::read_info(replies[of_view], "keyspace"));
            TRY_ASSIGN(const redis::InfoFields stats, redis::read_info(replies[of_view + 1], "stats"));
            holding.keys = keys_of(keyspace, replies[of_view + 2].integer == 1);
            holding.expired_keys = redis::count_of(stats, "expired_keys");
            holding.evicted_keys = redis::count_of(stats, "evicted_keys");
            return holding;
        }());
    }
    return holdings;
}

}  // namespace redisctl
