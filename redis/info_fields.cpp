#include "redis/info_fields.h"

#include "base/text.h"
#include "redis/reply_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace redisctl::redis {

std::map<std::string, std::string, std::less<>> parse_info(std::string_view text) {
    InfoFields fields;
    for (auto line : split(text, '\n')) {
        line = trim(line);
        auto colon = line.find(':');
        if (line.starts_with('#') || colon == line.npos || colon == 0) continue;
        auto key = line.substr(0, colon);
        bool is_key = std::ranges::all_of(
            key, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; });
        if (is_key) fields.emplace(key, line.substr(colon + 1));
    }
    return fields;
}

Result<InfoFields> read_info(const Value& reply, std::string_view section) {
    if (reply.is_error()) return fail(reply_error(reply, "INFO"));
    TRY_ASSIGN(auto text, reply.as_text());
    auto fields = parse_info(text);
    // A section without fields has its title alone: INFO keyspace of a server without keys.
    const bool nothing = trim(text).empty() || (text.starts_with("# ") && trim(text).find('\n') == text.npos);
    if (fields.empty() && (section == "server" || !nothing))
        return fail(ErrorCode::protocol, fmt::format("the reply to INFO {} is no INFO text", section),
                    fmt::format("it begins with \"{}\"", printable(text.substr(0, 40))));
    return fields;
}

Result<InfoFields> read_pairs(const Value& reply, std::string_view command) {
    if (reply.is_error()) return fail(reply_error(reply, command));
    TRY_ASSIGN(const auto* parts, reply.as_array());
    InfoFields fields;
    for (size_t i = 0; i + 1 < parts->size(); i += 2) {
        TRY_ASSIGN(auto name, (*parts)[i].as_text());
        TRY_ASSIGN(auto value, (*parts)[i + 1].as_text());
        fields.emplace(name, value);
    }
    return fields;
}

std::string text_of(const InfoFields& fields, std::string_view key) {
    auto field = fields.find(key);
    return field == fields.end() ? std::string() : field->second;
}

std::optional<int64_t> count_of(const InfoFields& fields, std::string_view key) {
    auto number = parse_int(text_of(fields, key));
    if (number < 0) number.reset();
    return number;
}

std::optional<bool> flag_of(const InfoFields& fields, std::string_view key) {
    auto text = text_of(fields, key);
    if (text == "1") return true;
    if (text == "0") return false;
    return std::nullopt;
}

std::map<std::string, int64_t> keys_by_database(const InfoFields& keyspace) {
    std::map<std::string, int64_t> keys;
    for (const auto& [name, value] : keyspace) {
        constexpr std::string_view head = "keys=";
        if (!name.starts_with("db") || !value.starts_with(head)) continue;
        const std::string_view number = std::string_view(value).substr(head.size());
        if (const auto count = parse_int(number.substr(0, number.find(',')))) keys[name] = *count;
    }
    return keys;
}

int64_t count_keys(const InfoFields& keyspace) {
    int64_t count = 0;
    for (const auto& [database, keys] : keys_by_database(keyspace)) count += keys;
    return count;
}

ServerFacts server_facts(const InfoFields& server) {
    ServerFacts facts;
    auto valkey_version = text_of(server, "valkey_version");
    bool is_valkey = !valkey_version.empty() || text_of(server, "server_name") == "valkey";
    facts.server = is_valkey ? "valkey" : "redis";
    facts.version = valkey_version.empty() ? text_of(server, "redis_version") : valkey_version;
    facts.run_id = text_of(server, "run_id");
    // Valkey renamed the field; it says redis_mode only under extended-redis-compatibility.
    facts.mode = text_of(server, "redis_mode");
    if (facts.mode.empty()) facts.mode = text_of(server, "server_mode");
    facts.tcp_port = count_of(server, "tcp_port");
    return facts;
}

}  // namespace redisctl::redis
