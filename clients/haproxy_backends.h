// The backends of a haproxy.cfg with what holds for them in the end: `defaults` and `default-server` taken over, times
// as times, the steps of the check in their order. Pure.
// Defaults and units: HAProxy 2.6's configuration manual, sections 2.5, 4.2 and 5.2.
#pragma once

#include "base/time.h"
#include "clients/haproxy_file.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::clients {

struct HaproxyServer {
    std::string name;
    size_t line = 0;
    std::string host;              // as it is written; a path or "${NAME}" where it is no host
    std::optional<uint16_t> port;  // nullopt: the frontend's own, or unknown
    size_t count = 1;              // server-template: how many servers it makes of one name
    bool check = false, ssl = false, check_ssl = false, backup = false, disabled = false;
    bool shutdown_sessions = false;    // on-marked-down shutdown-sessions
    std::string resolvers, init_addr;  // empty: not given
    Millis inter{2000};
    std::optional<Millis> fastinter, downinter;
    int64_t fall = 3, rise = 2;

    // How long it takes at most to see that it changed, without the check's own time.
    Millis until_down() const { return inter + (fall - 1) * fastinter.value_or(inter); }
    Millis until_up() const { return downinter.value_or(inter) + (rise - 1) * fastinter.value_or(inter); }
};

// One rule of `option tcp-check`.
struct HaproxyStep {
    enum class Kind { connect, send, expect } kind;
    size_t line = 0;
    std::string text;      // what is sent or looked for; binary ones decoded
    bool negated = false;  // expect !
    bool ssl = false;      // connect ssl
};

struct HaproxyBackend {
    std::string kind, name;  // kind: backend | listen
    size_t line = 0;
    bool http = false;  // mode http
    size_t mode_line = 0;
    size_t tcp_check = 0, redis_check = 0, external_check = 0, http_check = 0;  // lines of the options; 0: not there
    std::vector<HaproxyStep> steps;
    std::vector<HaproxyServer> servers;
    bool counts_servers = false;  // nbsrv is asked here or in a frontend that leads here
    struct Time {
        Millis time;
        size_t line;
    };
    std::optional<Time> client_timeout, server_timeout, check_timeout;  // client: only of a listen
};

std::vector<HaproxyBackend> haproxy_backends(const std::vector<HaproxySection>& sections);

// "500", "500ms", "5s", "1m", "2h", "1d", "100us"; without a unit milliseconds.
std::optional<Millis> parse_haproxy_time(std::string_view text);

}  // namespace redisctl::clients
