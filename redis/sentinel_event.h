// What a Sentinel publishes to those who subscribe: each event on a channel of its own name. Pure.
// Formats: redis src/sentinel.c sentinelEvent and its callers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace redisctl::redis {

struct SentinelAddress {
    std::string host;
    int64_t port = 0;

    bool operator==(const SentinelAddress&) const = default;
};

struct SentinelEvent {
    std::string channel;  // "+sdown", "+switch-master" …
    std::string text;     // its own words, as they came; of +set without the value, which may be a password
    // Whom it is about: master | slave | sentinel, as it calls them; empty where it names none (+new-epoch, +tilt).
    std::string kind;
    SentinelAddress about;
    std::string master;     // the master's name in that Sentinel; empty where it names none
    SentinelAddress moved;  // +switch-master: the new address, and `about` is the old one

    // Somebody became unreachable or came back, has or is to have another role, or was forgotten: worth a look at once.
    bool concerns_roles() const;
};

// Tolerant: of words that are not understood only `channel` and `text` are filled.
SentinelEvent read_sentinel_event(std::string_view channel, std::string_view text);

}  // namespace redisctl::redis
