#include "clients/settings_text.h"

#include <fmt/format.h>

namespace redisctl::clients {

namespace {

constexpr std::string_view kVariable = "os.environ[\"{}\"]";

// The arguments that every connection to Redis takes, one a line.
std::string redis_arguments(const Access& access) {
    std::string out = fmt::format("    db={},\n", access.database);
    if (!access.user.empty()) out += fmt::format("    username={},\n", literal(access.user));
    if (access.password.used) out += fmt::format("    password={},\n", value_of(access.password, kVariable));
    if (access.tls) out += "    ssl=True,\n    ssl_ca_certs=\"ca.crt\",  # the CA of Redis' certificates\n";
    // Connecting again after each of these is what finds the new master.
    return out +
           "    # What is repeated may have been done before: an INCR or LPUSH can count twice.\n"
           "    retry=Retry(ExponentialBackoff(cap=1, base=0.05), 6),\n"
           "    retry_on_error=[ConnectionError, TimeoutError, ReadOnlyError],\n"
           "    socket_timeout=2,\n";
}

std::string sentinel_kwargs(const Access& access) {
    std::string out;
    if (access.sentinel_password.used)
        out += fmt::format("\"password\": {}", value_of(access.sentinel_password, kVariable));
    if (access.sentinel_tls)
        out += std::string(out.empty() ? "" : ", ") + "\"ssl\": True, \"ssl_ca_certs\": \"ca.crt\"";
    return out;
}

// A password in a URL of Celery: quoted where it is put in.
std::string celery_login(const Access& access) {
    if (!access.password.used) return {};
    return access.password.shown ? fmt::format("{}:{}@", access.user, in_uri(access.password))
                                 : fmt::format("{}:{{password}}@", access.user);
}

}  // namespace

std::string redis_py_text(const Access& access) {
    const bool variables = (access.password.used && !access.password.shown) ||
                           (access.sentinel_password.used && !access.sentinel_password.shown);
    std::string out = variables ? "import os\n" : "";
    out += access.way == Way::sentinel ? "from redis.sentinel import Sentinel\n" : "from redis import Redis\n";
    out +=
        "from redis.backoff import ExponentialBackoff\n"
        "from redis.exceptions import ConnectionError, ReadOnlyError, TimeoutError\n"
        "from redis.retry import Retry\n\n";
    if (access.way != Way::sentinel) {
        out += fmt::format("redis = Redis(\n    host={}, port={},\n{})\n", literal(access.writes.host),
                           access.writes.port, redis_arguments(access));
        if (access.reads)
            out += fmt::format("reads = Redis(\n    host={}, port={},\n{})\n", literal(access.reads->host),
                               access.reads->port, redis_arguments(access));
        return out;
    }
    std::string addresses;
    for (const net::HostPort& address : access.sentinels)
        addresses += fmt::format("{}({}, {})", addresses.empty() ? "" : ", ", literal(address.host), address.port);
    const std::string kwargs = sentinel_kwargs(access);
    out += fmt::format("sentinel = Sentinel([{}], socket_timeout=0.5{})\n", addresses,
                       kwargs.empty() ? std::string() : fmt::format(", sentinel_kwargs={{{}}}", kwargs));
    const std::string name = literal(access.master_name);
    return out + fmt::format("redis = sentinel.master_for(\n    {},\n{})\n", name, redis_arguments(access)) +
           fmt::format("reads = sentinel.slave_for(\n    {},\n{})\n", name, redis_arguments(access));
}

std::string celery_text(const Access& access) {
    std::string out, url;
    const bool variable = access.password.used && !access.password.shown;
    if (variable || (access.sentinel_password.used && !access.sentinel_password.shown)) out += "import os\n";
    if (variable) out += "from urllib.parse import quote\n";
    if (access.tls) out += "import ssl\n";
    if (!out.empty()) out += '\n';
    if (variable) out += fmt::format("password = quote({}, safe=\"\")\n", value_of(access.password, kVariable));
    const std::string f = variable ? "f" : "";
    if (access.way == Way::sentinel) {
        for (const net::HostPort& address : access.sentinels)
            url += fmt::format("{}sentinel://{}{}/{}", url.empty() ? "" : ";", celery_login(access),
                               net::to_string(address), access.database);
    } else {
        url = fmt::format("{}://{}{}/{}", access.tls ? "rediss" : "redis", celery_login(access),
                          net::to_string(access.writes), access.database);
    }
    out += fmt::format("broker_url = {}\"{}\"\nresult_backend = broker_url\n", f, url);
    if (access.way == Way::sentinel) {
        const std::string kwargs = sentinel_kwargs(access);
        out += fmt::format("broker_transport_options = {{\"master_name\": {}{}}}\n", literal(access.master_name),
                           kwargs.empty() ? std::string() : fmt::format(", \"sentinel_kwargs\": {{{}}}", kwargs));
        out += "result_backend_transport_options = broker_transport_options\n";
    }
    if (access.tls)
        out +=
            "broker_use_ssl = {\"ssl_cert_reqs\": ssl.CERT_REQUIRED, \"ssl_ca_certs\": \"ca.crt\"}  # the CA of Redis' "
            "certificates\nredis_backend_use_ssl = broker_use_ssl\n";
    return out + "broker_connection_retry_on_startup = True\n";
}

}  // namespace redisctl::clients
