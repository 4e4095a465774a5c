#include "redis/log_text.h"

#include "redis/sensitive.h"

#include <algorithm>
#include <array>

namespace redisctl::redis {

namespace {

// "replica" and "slave" are both in use: valkey and Redis have changed the one to the other at different times.
constexpr std::array<std::string_view, 24> signs{"MASTER MODE enabled",
                                                 "REPLICAOF ",
                                                 "SLAVEOF ",
                                                 "Before turning into a ",
                                                 "Setting secondary replication ID",
                                                 "MASTER <-> REPLICA sync",
                                                 "MASTER <-> SLAVE sync",
                                                 "PRIMARY <-> REPLICA sync",
                                                 "Connection with master ",
                                                 "Connection with primary ",
                                                 "Connection with replica ",
                                                 "Connection with slave ",
                                                 "Disconnecting timedout replica",
                                                 "Full resync from ",
                                                 "Full resync requested by",
                                                 "Successful partial resync",
                                                 "Partial resynchronization request from",
                                                 "FAILOVER",
                                                 "Failover ",
                                                 "failover ",
                                                 "Redis is starting",
                                                 "Valkey is starting",
                                                 "Ready to accept connections",
                                                 "User requested shutdown"};
// Events of Sentinels, without their sign.
constexpr std::array<std::string_view, 16> events{
    "sdown ",         "odown ",           "switch-master ", "try-failover ",     "new-epoch ",    "vote-for-leader ",
    "elected-leader", "failover-",        "selected-slave", "promoted-slave",    "slave-reconf-", "role-change",
    "reboot ",        "convert-to-slave", "tilt ",          "config-update-from"};

}  // namespace

bool tells_of_failover(std::string_view line) {
    const auto holds = [&](std::string_view sign) { return line.find(sign) != std::string_view::npos; };
    if (std::any_of(signs.begin(), signs.end(), holds)) return true;
    // "1:X 22 Nov 2026 10:00:00.000 # +sdown master mymaster 10.0.0.1 6379"
    for (size_t at = line.find(" # "); at != std::string_view::npos; at = line.find(" # ", at + 1)) {
        const std::string_view rest = line.substr(at + 3);
        if (rest.empty() || (rest.front() != '+' && rest.front() != '-')) continue;
        const auto begins = [&](std::string_view event) { return rest.substr(1).starts_with(event); };
        if (std::any_of(events.begin(), events.end(), begins)) return true;
    }
    return false;
}

std::string without_logged_secrets(std::string_view line) {
    // "+set master <name> <host> <port> <option> <value>"
    if (line.find("+set ") == std::string_view::npos) return std::string(line);
    for (const std::string_view option : {" auth-pass ", " sentinel-pass ", " requirepass ", " masterauth "})
        if (const size_t at = line.find(option); at != std::string_view::npos)
            return std::string(line.substr(0, at + option.size())) + std::string(hidden);
    return std::string(line);
}

}  // namespace redisctl::redis
