// Commands that others sent, as they may be shown: without values, or at least without passwords. Pure.
#pragma once

#include "redis/codec.h"

#include <string>

namespace redisctl::redis {

// The first key; empty where there is none, and of commands that are not known here: a module's, or a renamed one.
// Redis 5.0–8.2, Valkey 8: what COMMAND says of a first key.
std::string first_key(const Request& command);

// The name and the first key; of the other words "(12 bytes)", and of passwords not even that.
Request without_values(const Request& command);

// As without_secrets(), and of AUTH, HELLO, ACL SETUSER, CONFIG SET and SENTINEL SET nothing but the name: no list of
// secret parameters is complete.
Request without_any_secret(Request command);

}  // namespace redisctl::redis
