// What CONFIG GET * and ACL LIST say, as a redis.conf that a server of the same version starts with. Pure.
#pragma once

#include "redis/info_fields.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis {

enum class Passwords {
    left_out,  // their lines are comments, with (hidden) in the password's place, so that the file still loads
    kept,
};

// One directive a line, by name. `users` are the lines of ACL LIST; they are comments where they come from an ACL file,
// which excludes them from redis.conf. Older names of the same parameter (slave…) are left out, and so is what only
// CONFIG GET has. Not in any of it, because no server tells it: rename-command, loadmodule, include.
std::string config_file(const InfoFields& parameters, const std::vector<std::string>& users, Passwords passwords);

// Lines of ACL LIST as `user` directives; those with passwords are comments where they are left out.
std::string user_lines(const std::vector<std::string>& users, Passwords passwords);

// A word as sdssplitargs reads it back (sds.c): bare, or in double quotes with escapes.
std::string config_word(std::string_view value);

}  // namespace redisctl::redis
