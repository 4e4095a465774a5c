// A server's reply for people, as redis-cli shows it, and for programs.
#pragma once

#include "redis/value.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace redisctl {

// Lines that end with newlines; control characters become visible, save for the newlines of a text.
std::string reply_text(const redis::Value& reply);

// Text, number, null or list; an error inside a list is {"error": text}.
nlohmann::ordered_json reply_json(const redis::Value& reply);

}  // namespace redisctl
