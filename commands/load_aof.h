// What a server of ours holds when it has loaded an AOF, as an RDB.
#pragma once

#include "backup/aof_set.h"
#include "base/result.h"
#include "base/time.h"
#include "commands/context.h"
#include "commands/server_program.h"

#include <string>

namespace redisctl {

struct AofLoading {
    ServerProgram program;
    std::string folder;      // private, with the copy of the set; the RDB is written there too
    bool truncated = false;  // as of LoadingServer
    Millis load_wait{30 * 60'000};
};

// The server is gone when this returns, whatever it returns. The RDB with a manifest: that of the set, where it has
// one, but for what the RDB itself is. Errors: refused (NOT_LOADED, NOT_LOADED_IN_TIME, OTHER_PROCESS); those of a backup of
// it; io; interrupted.
Result<backup::Named> load_aof(Context& context, const backup::AofSet& set, const AofLoading& loading);

}  // namespace redisctl
