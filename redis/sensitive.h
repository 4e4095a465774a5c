// Which words of Redis' commands and configuration are passwords, so that no output ever holds one.
#pragma once

#include "redis/codec.h"

#include <string>
#include <string_view>

namespace redisctl::redis {

// What stands in a password's place.
constexpr std::string_view hidden = "(hidden)";

// A parameter of CONFIG GET whose value is a password or opens a key. Redis 5.0–8.2, Valkey 8: src/config.c, those with
// SENSITIVE_CONFIG.
bool is_secret_parameter(std::string_view name);

// The command as it may be shown: AUTH, HELLO … AUTH, ACL SETUSER, MIGRATE … AUTH, CONFIG SET and SENTINEL SET with
// their passwords hidden. Redis itself logs some of them so from 6.2 on, older ones in full.
Request without_secrets(Request command);

// Scripts, redis.conf and sentinel.conf, command lines and VARIABLE=value as they stand in Kubernetes objects: a
// password that is spelled out is hidden, a $VARIABLE stays. The rest is the same byte by byte.
std::string without_passwords_in_text(std::string_view text);

// REDIS_PASSWORD, AUTH_TOKEN …; not what says where one is (…_FILE) or whether there is one (ALLOW_EMPTY_PASSWORD).
bool is_secret_variable(std::string_view name);

}  // namespace redisctl::redis
