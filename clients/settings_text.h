// The texts of the settings, one function a library. Every password goes through value_of() or in_uri(). Each needs an
// access that leads somewhere.
#pragma once

#include "clients/settings.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::clients {

// redis://, rediss://; with Sentinels redis-sentinel://…#mymaster, which Lettuce and some others read.
std::vector<std::string> uris_of(const Access& access);
std::string env_text(const Access& access);
std::string redis_py_text(const Access& access);
std::string celery_text(const Access& access);
std::string lettuce_text(const Access& access);
std::string jedis_text(const Access& access);
std::string go_redis_text(const Access& access);

// As a URI has it: "$REDIS_PASSWORD", or percent-encoded where it is shown.
std::string in_uri(const Password& password);
// An expression of the language: `variable`, a pattern like os.environ["{}"], or the text as a literal.
std::string value_of(const Password& password, std::string_view variable);
// A string literal that Python, Java and Go read alike.
std::string literal(std::string_view text);

}  // namespace redisctl::clients
