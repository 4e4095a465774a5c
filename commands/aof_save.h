// An instance's data and what was written since, as the files of an AOF of Redis 7.0 and later: the RDB as its base,
// the commands behind it, and the list of both (redis src/aof.c, "AOF manifest").
#pragma once

#include "backup/new_backup.h"
#include "base/result.h"
#include "commands/backup_source.h"
#include "commands/context.h"
#include "fleet/replication_client.h"
#include "topology/picture.h"

#include <optional>

namespace redisctl {

// `lasting`: so long, once the RDB is there; nullopt: up to what the master had written by then. With an error as its
// value the files are whole and end too early, and that is why. Errors: as of add_rdb, and nothing is left behind.
Result<std::optional<Error>> add_aof(Context& context, const fleet::Instance& instance,
                                     const topology::Picture& picture, const BackupSource& source,
                                     const fleet::Waiting& waiting, std::optional<Millis> lasting,
                                     backup::NewBackup& into);

}  // namespace redisctl
