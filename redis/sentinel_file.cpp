#include "redis/sentinel_file.h"

#include "base/text.h"
#include "redis/reply_error.h"
#include "redis/sensitive.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace redisctl::redis {

namespace {

// Of SENTINEL CONFIG GET, those that stand in the file without "sentinel" before them (src/sentinel.c).
constexpr std::string_view without_prefix = "loglevel";
constexpr std::array<std::string_view, 5> kOfMaster{"down-after-milliseconds", "failover-timeout", "parallel-syncs",
                                                    "notification-script", "client-reconfig-script"};

// "ERR unknown command", "ERR Unknown sentinel subcommand 'CONFIG'": before 6.2.
bool is_unknown(const Value& reply) {
    return reply.is_error() && lower(reply.text).find("unknown") != std::string::npos;
}

std::string own_line(const std::string& name, const std::string& value, Passwords passwords) {
    const std::string prefix = name == without_prefix ? "" : "sentinel ";
    if (passwords == Passwords::left_out && is_secret_parameter(name))
        return fmt::format("# {}{} {}\n", prefix, name, hidden);
    return fmt::format("{}{} {}\n", prefix, name, config_word(value));
}

}  // namespace

Result<SentinelSettings> read_sentinel_settings(const Value& masters, const Value& own, const Value& users) {
    SentinelSettings settings;
    if (masters.is_error()) return fail(reply_error(masters, "SENTINEL MASTERS"));
    TRY_ASSIGN(const auto* list, masters.as_array());
    for (const Value& reply : *list) {
        TRY_ASSIGN(InfoFields master, read_pairs(reply, "SENTINEL MASTERS"));
        settings.masters.push_back(std::move(master));
    }
    if (Result<InfoFields> pairs = read_pairs(own, "SENTINEL CONFIG"); pairs) {
        settings.own = std::move(*pairs);
        settings.knows_own = true;
    } else if (!is_unknown(own)) {
        settings.without_own = pairs.error();
    }
    if (users.is_error() && !is_unknown(users)) settings.without_users = reply_error(users, "ACL");
    for (const Value& line : users.elements)
        if (const auto text = line.as_text()) settings.users.emplace_back(*text);
    return settings;
}

std::string sentinel_file(const SentinelSettings& settings, Passwords passwords) {
    std::string file = settings.port ? fmt::format("port {}\n", *settings.port) : std::string();
    for (const auto& [name, value] : settings.own)
        if (!value.empty()) file += own_line(name, value, passwords);
    file += user_lines(settings.users, passwords);
    for (const InfoFields& master : settings.masters) {
        const std::string name = config_word(text_of(master, "name"));
        file += fmt::format("sentinel monitor {} {} {} {}\n", name, config_word(text_of(master, "ip")),
                            config_word(text_of(master, "port")), config_word(text_of(master, "quorum")));
        for (const std::string_view each : kOfMaster)
            if (const std::string value = text_of(master, each); !value.empty())
                file += fmt::format("sentinel {} {} {}\n", each, name, config_word(value));
    }
    return file;
}

std::vector<std::string> not_told(const SentinelSettings& settings) {
    std::vector<std::string> names{"auth-pass", "auth-user", "rename-command"};
    if (!settings.knows_own)
        for (const char* name : {"announce-ip", "announce-port"}) names.emplace_back(name);
    return names;
}

}  // namespace redisctl::redis
