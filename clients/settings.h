// What a client needs to reach an instance and to stay with its master: as URIs, environment or code. Pure.
// The libraries' own names are those of redis-py 4, Celery 5, Lettuce 6, Jedis 5 and go-redis 9.
#pragma once

#include "base/finding.h"
#include "clients/upstream.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::clients {

struct SettingsWish {
    std::string library = "uri";
    int database = 0;
    bool with_secrets = false;
    std::string password_variable = "REDIS_PASSWORD", sentinel_password_variable = "REDIS_SENTINEL_PASSWORD";
};

// How a client finds the master. Without a word for it there is none: the master is unknown.
enum class Way { none, sentinel, service, host };
std::string_view way_name(Way way);

struct Password {
    bool used = false;
    std::string variable;
    std::optional<Secret> shown;  // only where it was asked for
};

// Everything that the settings of any library are made of.
struct Access {
    Way way = Way::none;
    std::vector<net::HostPort> sentinels;
    std::string master_name;
    net::HostPort writes;                // of `service` and `host`
    std::optional<net::HostPort> reads;  // a Service of replicas
    bool tls = false, sentinel_tls = false;
    int database = 0;
    std::string user;
    Password password, sentinel_password;
};

struct Settings {
    Access access;
    std::vector<std::string> uris;
    std::string text;
    std::vector<Finding> findings;
};

// "uri", "env", "redis-py", "celery", "lettuce", "jedis", "go-redis"
const std::vector<std::string>& client_libraries();

// The library is one of client_libraries(). Passwords are named, "$REDIS_PASSWORD", unless with_secrets.
Settings client_settings(const Upstream& upstream, const SettingsWish& wish);

}  // namespace redisctl::clients
