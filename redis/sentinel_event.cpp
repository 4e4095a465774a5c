#include "redis/sentinel_event.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace redisctl::redis {

namespace {

constexpr std::array<std::string_view, 18> about_roles{"sdown",
                                                       "odown",
                                                       "switch-master",
                                                       "elected-leader",
                                                       "promoted-slave",
                                                       "failover-end",
                                                       "failover-end-for-timeout",
                                                       "slave",
                                                       "reboot",
                                                       "role-change",
                                                       "convert-to-slave",
                                                       "convert-to-master",
                                                       "fix-slave-config",
                                                       "slave-reconf-done",
                                                       "config-update-from",
                                                       "reset-master",
                                                       "monitor",
                                                       "tilt"};

std::optional<SentinelAddress> address(const std::vector<std::string_view>& words, size_t at) {
    if (at + 1 >= words.size()) return std::nullopt;
    const std::optional<uint16_t> port = parse_port(words[at + 1]);
    if (words[at].empty() || !port) return std::nullopt;
    return SentinelAddress{std::string(words[at]), *port};
}

}  // namespace

bool SentinelEvent::concerns_roles() const {
    if (channel.empty()) return false;
    const std::string_view name = std::string_view(channel).substr(1);
    return name.starts_with("failover-abort") ||
           std::find(about_roles.begin(), about_roles.end(), name) != about_roles.end();
}

SentinelEvent read_sentinel_event(std::string_view channel, std::string_view text) {
    SentinelEvent out{std::string(channel), std::string(text), {}, {}, {}, {}};
    const std::vector<std::string_view> words = split(text, ' ');
    // master <name> <host> <port> <option> <value>
    constexpr size_t before_value = 5;
    if (channel == "+set" && words.size() > before_value)
        out.text.resize(static_cast<size_t>(words[before_value].data() - text.data()) - 1);
    if (channel == "+switch-master") {
        // <master> <old host> <old port> <new host> <new port>
        const auto from = address(words, 1), to = address(words, 3);
        if (!from || !to) return out;
        out.kind = "master";
        out.master = words[0];
        out.about = *from;
        out.moved = *to;
        return out;
    }
    // <kind> <name> <host> <port>, and of all but a master: @ <master> <host> <port>
    if (words.front() != "master" && words.front() != "slave" && words.front() != "sentinel") return out;
    const auto about = address(words, 2);
    if (!about) return out;
    out.kind = words.front();
    out.about = *about;
    if (out.kind == "master")
        out.master = words[1];
    else if (words.size() > 5 && words[4] == "@")
        out.master = words[5];
    return out;
}

}  // namespace redisctl::redis
