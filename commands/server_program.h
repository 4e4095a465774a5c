// A Redis or Valkey server that is installed on this machine, and what it says of itself.
#pragma once

#include "base/environment.h"
#include "base/result.h"

#include <map>
#include <string>
#include <string_view>

namespace redisctl {

struct ServerProgram {
    std::string path;     // absolute
    std::string product;  // "redis", "valkey"
    std::string version;  // "7.0.15"
    std::string full_name() const { return product + " " + version; }
};

// `given`: a path, or a name to look for in PATH; empty: redis-server or valkey-server, of which `preferred` ("valkey")
// first. Asks it for its version. Errors: refused (NO_SERVER): there is none, or it does not say what a server says;
// interrupted.
Result<ServerProgram> find_server_program(const Environment& environment, const std::string& given,
                                          std::string_view preferred);

// Can it load several files, and a base with these notes, as far as versions tell? Those of the same product only: what
// of one another's they load they say themselves. Errors: refused (SERVER_TOO_OLD).
Result<void> new_enough(const ServerProgram& program, const std::map<std::string, std::string>& notes);

}  // namespace redisctl
