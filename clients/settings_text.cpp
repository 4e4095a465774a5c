#include "clients/settings_text.h"

#include "base/text.h"

#include <fmt/format.h>

#include <cctype>

namespace redisctl::clients {

namespace {

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~')
            out += c;
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

std::string shell_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + '\'';
}

// "user:password@", or nothing.
std::string login_of(const Access& access) {
    if (!access.password.used) return {};
    return fmt::format("{}:{}@", percent_encoded(access.user), in_uri(access.password));
}

std::string listed(const std::vector<net::HostPort>& addresses, std::string_view between) {
    std::string out;
    for (const net::HostPort& address : addresses)
        out += (out.empty() ? std::string() : std::string(between)) + net::to_string(address);
    return out;
}

std::string env_password(const Password& password) {
    if (!password.used) return {};
    if (password.shown) return fmt::format("{}={}\n", password.variable, shell_quoted(password.shown->reveal()));
    return fmt::format("# {} comes from where the password is kept, and stands in no file\n", password.variable);
}

std::string go_options(const Access& access) {
    std::string out;
    if (!access.user.empty()) out += fmt::format("\tUsername: {},\n", literal(access.user));
    if (access.password.used) out += fmt::format("\tPassword: {},\n", value_of(access.password, "os.Getenv(\"{}\")"));
    out += fmt::format("\tDB: {},\n", access.database);
    if (access.tls) out += "\tTLSConfig: &tls.Config{RootCAs: pool}, // pool holds the CA of Redis' certificates\n";
    // It repeats by itself what is answered with READONLY, and leaves that connection.
    return out + "\tMaxRetries: 5, MinRetryBackoff: 50 * time.Millisecond, MaxRetryBackoff: time.Second,\n})\n";
}

}  // namespace

std::string in_uri(const Password& password) {
    return password.shown ? percent_encoded(password.shown->reveal()) : "$" + password.variable;
}

std::string value_of(const Password& password, std::string_view variable) {
    if (password.shown) return literal(password.shown->reveal());
    return fmt::format(fmt::runtime(variable), password.variable);
}

std::string literal(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (std::iscntrl(static_cast<unsigned char>(c)))
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + '"';
}

std::vector<std::string> uris_of(const Access& access) {
    if (access.way == Way::sentinel)
        return {fmt::format("{}://{}{}/{}#{}", access.tls ? "rediss-sentinel" : "redis-sentinel", login_of(access),
                            listed(access.sentinels, ","), access.database, percent_encoded(access.master_name))};
    return {fmt::format("{}://{}{}/{}", access.tls ? "rediss" : "redis", login_of(access),
                        net::to_string(access.writes), access.database)};
}

std::string env_text(const Access& access) {
    std::string out;
    if (access.way == Way::sentinel) {
        out += "REDIS_SENTINEL_ENABLED=true\n";
        out += fmt::format("REDIS_SENTINELS={}\n", listed(access.sentinels, ","));
        out += fmt::format("REDIS_SENTINEL_HOST={}\n", access.sentinels.front().host);
        out += fmt::format("REDIS_SENTINEL_PORT={}\n", access.sentinels.front().port);
        out += fmt::format("REDIS_SENTINEL_MASTER={}\n", shell_quoted(access.master_name));
        out += env_password(access.sentinel_password);
    } else {
        out += fmt::format("REDIS_HOST={}\nREDIS_PORT={}\n", access.writes.host, access.writes.port);
        if (access.reads)
            out += fmt::format("REDIS_READ_HOST={}\nREDIS_READ_PORT={}\n", access.reads->host, access.reads->port);
    }
    out += fmt::format("REDIS_DB={}\n", access.database);
    if (access.tls) out += "REDIS_TLS=true\n";
    if (!access.user.empty()) out += fmt::format("REDIS_USERNAME={}\n", shell_quoted(access.user));
    return out + env_password(access.password);
}

std::string go_redis_text(const Access& access) {
    if (access.way != Way::sentinel)
        return fmt::format("client := redis.NewClient(&redis.Options{{\n\tAddr: {},\n",
                           literal(net::to_string(access.writes))) +
               go_options(access);
    std::string addresses;
    for (const net::HostPort& address : access.sentinels)
        addresses += (addresses.empty() ? "" : ", ") + literal(net::to_string(address));
    std::string out = fmt::format(
        "client := redis.NewFailoverClient(&redis.FailoverOptions{{\n\tMasterName: {},\n\tSentinelAddrs: "
        "[]string{{{}}},\n",
        literal(access.master_name), addresses);
    if (access.sentinel_password.used)
        out += fmt::format("\tSentinelPassword: {},\n", value_of(access.sentinel_password, "os.Getenv(\"{}\")"));
    return out + go_options(access);
}

}  // namespace redisctl::clients
