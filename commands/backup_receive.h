// What a node sends of its data, written down and checked on the way.
#pragma once

#include "backup/manifest.h"
#include "backup/new_file.h"
#include "base/result.h"
#include "commands/backup_source.h"
#include "commands/context.h"
#include "fleet/snapshot.h"
#include "redis/rdb_facts.h"

#include <string>

namespace redisctl {

// A master pays more than a replica, which is said.
void note_of_source(Context& context, const fleet::Instance& instance, const BackupSource& source);

// The RDB, to its end and on the disk; the manifest knows all of it but the file's name. Errors: those of
// fleet::Snapshot; conflict (ROLE_CHANGED); protocol: it is broken; io.
Result<redis::RdbFacts> receive_rdb(Context& context, const BackupSource& source, fleet::Snapshot& snapshot,
                                    fleet::SnapshotOf what, backup::NewFile& file, backup::Manifest& manifest);

// A line that broke says nothing about why: the node itself may. Empty where it was not the line, and after Ctrl-C.
std::string what_became_of(Context& context, const Error& error, const BackupSource& source);
// The error of an RDB that did not come, with that.
Error explained(Context& context, Error error, const BackupSource& source);

}  // namespace redisctl
