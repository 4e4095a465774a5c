#include "redis/command_facts.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace redisctl::redis {

namespace {

struct Known {
    std::string_view name, sub;  // without sub: all of them
    Danger danger;
};

constexpr std::array<Known, 50> kKnown{{{"replicaof", "", Danger::changes_roles},
                                        {"slaveof", "", Danger::changes_roles},
                                        {"failover", "", Danger::changes_roles},
                                        {"cluster", "failover", Danger::changes_roles},
                                        {"cluster", "replicate", Danger::changes_roles},
                                        {"cluster", "reset", Danger::changes_roles},
                                        {"cluster", "forget", Danger::changes_roles},
                                        {"cluster", "meet", Danger::changes_roles},
                                        {"cluster", "setslot", Danger::changes_roles},
                                        {"cluster", "delslots", Danger::changes_roles},
                                        {"cluster", "addslots", Danger::changes_roles},
                                        {"cluster", "flushslots", Danger::changes_roles},
                                        {"monitor", "", Danger::session},
                                        {"subscribe", "", Danger::session},
                                        {"psubscribe", "", Danger::session},
                                        {"ssubscribe", "", Danger::session},
                                        {"sync", "", Danger::session},
                                        {"psync", "", Danger::session},
                                        {"replconf", "", Danger::session},
                                        {"quit", "", Danger::session},
                                        {"reset", "", Danger::session},
                                        {"auth", "", Danger::session},
                                        {"hello", "", Danger::session},
                                        {"select", "", Danger::session},
                                        {"multi", "", Danger::session},
                                        {"exec", "", Danger::session},
                                        {"discard", "", Danger::session},
                                        {"watch", "", Danger::session},
                                        {"keys", "", Danger::blocks},
                                        {"save", "", Danger::blocks},
                                        {"debug", "", Danger::blocks},
                                        {"client", "pause", Danger::blocks},
                                        {"client", "reply", Danger::session},
                                        {"client", "kill", Danger::destroys},
                                        {"client", "unpause", Danger::destroys},
                                        {"flushall", "", Danger::destroys},
                                        {"flushdb", "", Danger::destroys},
                                        {"swapdb", "", Danger::destroys},
                                        {"shutdown", "", Danger::destroys},
                                        {"config", "set", Danger::destroys},
                                        {"config", "rewrite", Danger::destroys},
                                        {"acl", "setuser", Danger::destroys},
                                        {"acl", "deluser", Danger::destroys},
                                        {"acl", "load", Danger::destroys},
                                        {"script", "flush", Danger::destroys},
                                        {"script", "kill", Danger::destroys},
                                        {"function", "flush", Danger::destroys},
                                        {"function", "kill", Danger::destroys},
                                        {"function", "restore", Danger::destroys},
                                        {"module", "", Danger::destroys}}};

constexpr std::array<std::string_view, 3> kScripts{"eval", "evalsha", "fcall"};

}  // namespace

Request command_info_request(const Request& command) {
    return {"COMMAND", "INFO", command.empty() ? std::string() : command.front()};
}

bool is_known(const Value& entry) {
    return !entry.elements.empty();
}

std::optional<bool> may_write(const Value& command_info, const Request& command) {
    const std::string name = command.empty() ? std::string() : lower(command.front());
    if (std::ranges::find(kScripts, name) != kScripts.end()) return true;
    if (command_info.is_error() || command_info.elements.size() != 1) return std::nullopt;
    // [name, arity, [flag…], first key, last key, step, …]
    const Value& entry = command_info.elements.front();
    if (entry.elements.size() < 3) return std::nullopt;
    return std::ranges::any_of(entry.elements[2].elements, [](const Value& flag) { return flag.text == "write"; });
}

Danger danger_of(const Request& command) {
    if (command.empty()) return Danger::none;
    const std::string name = lower(command[0]), sub = command.size() > 1 ? lower(command[1]) : std::string();
    for (const Known& known : kKnown)
        if (known.name == name && (known.sub.empty() || known.sub == sub)) return known.danger;
    return Danger::none;
}

}  // namespace redisctl::redis
