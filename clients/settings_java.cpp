#include "clients/settings_text.h"

#include <fmt/format.h>

namespace redisctl::clients {

namespace {

constexpr std::string_view kVariable = "System.getenv(\"{}\")";

std::string jedis_config(std::string_view name, const Password& password, const std::string& user, bool tls,
                         std::optional<int> database) {
    std::string out = fmt::format("JedisClientConfig {} = DefaultJedisClientConfig.builder()\n", name);
    if (!user.empty()) out += fmt::format("    .user({})\n", literal(user));
    if (password.used) out += fmt::format("    .password({})\n", value_of(password, kVariable));
    if (database) out += fmt::format("    .database({})\n", *database);
    // The trust store is the JVM's: javax.net.ssl.trustStore.
    if (tls) out += "    .ssl(true)\n";
    return out + "    .build();\n";
}

}  // namespace

std::string lettuce_text(const Access& access) {
    std::string out = "RedisURI uri = RedisURI.Builder\n";
    if (access.way == Way::sentinel) {
        const std::string password =
            access.sentinel_password.used ? ", " + value_of(access.sentinel_password, kVariable) : std::string();
        bool first = true;
        for (const net::HostPort& address : access.sentinels) {
            const std::string host = literal(address.host);
            out += first ? fmt::format("    .sentinel({}, {}, {}{})\n", host, address.port, literal(access.master_name),
                                       password)
                         : fmt::format("    .withSentinel({}, {}{})\n", host, address.port, password);
            first = false;
        }
    } else {
        out += fmt::format("    .redis({}, {})\n", literal(access.writes.host), access.writes.port);
    }
    if (access.password.used && !access.user.empty())
        out += fmt::format("    .withAuthentication({}, {})\n", literal(access.user),
                           value_of(access.password, kVariable));
    else if (access.password.used)
        out += fmt::format("    .withPassword({}.toCharArray())\n", value_of(access.password, kVariable));
    if (access.tls) out += "    .withSsl(true)\n    .withVerifyPeer(true)\n";
    return out + fmt::format("    .withDatabase({})\n    .build();\nRedisClient client = RedisClient.create(uri);\n",
                             access.database);
}

std::string jedis_text(const Access& access) {
    std::string out = jedis_config("config", access.password, access.user, access.tls, access.database);
    if (access.way != Way::sentinel)
        return out + fmt::format("UnifiedJedis jedis = new JedisPooled(new HostAndPort({}, {}), config);\n",
                                 literal(access.writes.host), access.writes.port);
    out += jedis_config("sentinelConfig", access.sentinel_password, "", access.sentinel_tls, std::nullopt);
    std::string addresses;
    for (const net::HostPort& address : access.sentinels)
        addresses += fmt::format("{}new HostAndPort({}, {})", addresses.empty() ? "" : ", ", literal(address.host),
                                 address.port);
    return out + fmt::format("UnifiedJedis jedis = new JedisSentineled({}, config, Set.of({}), sentinelConfig);\n",
                             literal(access.master_name), addresses);
}

}  // namespace redisctl::clients
