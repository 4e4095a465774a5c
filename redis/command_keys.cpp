#include "redis/command_keys.h"

#include "base/text.h"
#include "redis/sensitive.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace redisctl::redis {

namespace {

// Their first key is the first argument. Sorted.
constexpr auto key_first = std::to_array<std::string_view>({
    "append", "bitcount", "bitfield", "bitfield_ro", "bitpos", "blmove", "blpop", "brpop", "brpoplpush", "bzpopmax",
    "bzpopmin", "copy", "decr", "decrby", "del", "dump", "exists", "expire", "expireat", "expiretime", "geoadd",
    "geodist", "geohash", "geopos", "georadius", "georadius_ro", "georadiusbymember", "georadiusbymember_ro",
    "geosearch", "geosearchstore", "get", "getbit", "getdel", "getex", "getrange", "getset", "hdel", "hexists",
    "hexpire", "hexpireat", "hexpiretime", "hget", "hgetall", "hgetdel", "hgetex", "hincrby", "hincrbyfloat",
    "hkeys", "hlen", "hmget", "hmset", "hpersist", "hpexpire", "hpexpireat", "hpexpiretime", "hpttl", "hrandfield",
    "hscan", "hset", "hsetex", "hsetnx", "hstrlen", "httl", "hvals", "incr", "incrby", "incrbyfloat", "lcs",
    "lindex", "linsert", "llen", "lmove", "lpop", "lpos", "lpush", "lpushx", "lrange", "lrem", "lset", "ltrim",
    "mget", "move", "mset", "msetnx", "persist", "pexpire", "pexpireat", "pexpiretime", "pfadd", "pfcount",
    "pfmerge", "psetex", "pttl", "rename", "renamenx", "restore", "rpop", "rpoplpush", "rpush", "rpushx", "sadd",
    "scard", "sdiff", "sdiffstore", "set", "setbit", "setex", "setnx", "setrange", "sinter", "sinterstore",
    "sismember", "smembers", "smismember", "smove", "sort", "sort_ro", "spop", "srandmember", "srem", "sscan",
    "strlen", "substr", "sunion", "sunionstore", "touch", "ttl", "type", "unlink", "watch", "xack", "xackdel",
    "xadd", "xautoclaim", "xclaim", "xdel", "xdelex", "xlen", "xpending", "xrange", "xrevrange", "xsetid", "xtrim",
    "zadd", "zcard", "zcount", "zdiffstore", "zincrby", "zinterstore", "zlexcount", "zmscore", "zpopmax", "zpopmin",
    "zrandmember", "zrange", "zrangebylex", "zrangebyscore", "zrangestore", "zrank", "zrem", "zremrangebylex",
    "zremrangebyrank", "zremrangebyscore", "zrevrange", "zrevrangebylex", "zrevrangebyscore", "zrevrank", "zscan",
    "zscore", "zunionstore"});

// Those whose first argument says what they do, and whose key stands behind it. Sorted.
constexpr auto key_second = std::to_array<std::string_view>({
    "bitop", "memory|usage", "object|encoding", "object|freq", "object|idletime", "object|refcount", "xgroup|create",
    "xgroup|createconsumer", "xgroup|delconsumer", "xgroup|destroy", "xgroup|setid", "xinfo|consumers", "xinfo|groups",
    "xinfo|stream"});

static_assert(std::ranges::is_sorted(key_first) && std::ranges::is_sorted(key_second));

struct Shape {
    size_t name = 1;       // words
    size_t first_key = 0;  // 0: none
};

Shape shape_of(const Request& command) {
    const std::string name = lower(command.front());
    if (std::ranges::binary_search(key_first, name)) return {1, 1};
    if (std::ranges::binary_search(key_second, name)) return {1, 2};
    if (command.size() > 1 && std::ranges::binary_search(key_second, name + '|' + lower(command[1]))) return {2, 2};
    return {};
}

}  // namespace

std::string first_key(const Request& command) {
    if (command.empty()) return {};
    const size_t at = shape_of(command).first_key;
    return at > 0 && at < command.size() ? command[at] : std::string();
}

Request without_values(const Request& command) {
    if (command.empty()) return command;
    const Shape shape = shape_of(command);
    Request shown = without_any_secret(command);
    for (size_t i = shape.name; i < shown.size(); i++)
        if (i != shape.first_key && shown[i] != hidden)
            shown[i] = fmt::format("({} byte{})", command[i].size(), command[i].size() == 1 ? "" : "s");
    return shown;
}

Request without_any_secret(Request command) {
    command = without_secrets(std::move(command));
    const std::string name = command.empty() ? std::string() : lower(command[0]);
    const std::string second = command.size() > 1 ? lower(command[1]) : std::string();
    const bool sets = second.starts_with("set") || (name == "sentinel" && second == "config");
    size_t shown = command.size();
    if (name == "auth" || name == "hello") shown = 1;
    if (sets && (name == "config" || name == "sentinel" || name == "acl")) shown = 2;
    for (size_t i = shown; i < command.size(); i++) command[i] = hidden;
    return command;
}

}  // namespace redisctl::redis
