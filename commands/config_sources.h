// What Kubernetes objects say of servers' settings: the files of mounted ConfigMaps, the containers' command lines, and
// the RedisFailover of the Spotahome operator.
#pragma once

#include "base/result.h"
#include "commands/context.h"
#include "redis/directives.h"

#include <map>
#include <string>
#include <vector>

namespace redisctl {

struct ConfigSource {
    // What a later kind says counts: the command line is read behind the file, and the operator sets it again and again.
    enum class Kind { file, command_line, by_operator };

    Kind kind;
    std::string where;  // "ConfigMap redis-conf: redis.conf", "container redis: its command line"
    redis::Directives directives;
};

struct ConfigSources {
    std::map<std::string, std::vector<ConfigSource>> by_node;
    std::vector<Error> unread;  // what they say is not known
};

// Of one instance, in Kubernetes. Errors: interrupted.
Result<ConfigSources> read_config_sources(Context& context, const fleet::Instance& instance);

}  // namespace redisctl
