// The settings of each node as a part of a backup: a redis.conf that its server starts with; of each Sentinel a
// sentinel.conf, as far as it tells.
#pragma once

#include "backup/new_backup.h"
#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "commands/node_names.h"
#include "redis/config_file.h"

namespace redisctl {

// Of the wanted nodes and Sentinels of the one instance that was looked at. One that does not tell is noted as missing.
// Errors: that of the first one when none told, not_found when none is wanted; io; interrupted.
Result<void> add_settings(Context& context, const Look& seen, const NodeNames& wanted, redis::Passwords passwords,
                          backup::NewBackup& into);

}  // namespace redisctl
