// The Kubernetes objects of an instance as parts of a backup: one v1 List a kind, to be applied again.
#pragma once

#include "backup/new_backup.h"
#include "base/result.h"
#include "commands/context.h"
#include "commands/look.h"
#include "redis/config_file.h"

namespace redisctl {

// Of the one instance that was looked at, in Kubernetes: workloads, Services, claims, PodDisruptionBudgets, a RedisFailover, and the ConfigMaps and Secrets that their pods
// take. Each is read by its name; one that is not there is left out, one that cannot be read is noted as missing.
// Errors: the first one's when none could be read; io; interrupted.
Result<void> add_objects(Context& context, const Look& seen, redis::Passwords passwords, backup::NewBackup& into);

}  // namespace redisctl
