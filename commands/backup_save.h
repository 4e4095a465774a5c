// One instance's data on the disk: streamed from the node that was chosen, checked while it comes, beside its manifest.
#pragma once

#include "backup/manifest.h"
#include "backup/new_backup.h"
#include "base/result.h"
#include "commands/backup_source.h"
#include "commands/command.h"
#include "commands/context.h"
#include "fleet/replication_client.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace redisctl {

struct SaveSettings {
    std::string dir = ".";
    std::string id;     // of the run
    size_t retain = 0;  // afterwards so many of the instance are kept; 0: all
    fleet::Waiting waiting{Deadline::never(), Millis(60'000)};
};

struct Saved {
    backup::Manifest manifest;
    std::string path, manifest_path, why;  // path: as of Shelved; why: this node
    std::vector<std::string> deleted;      // older ones
    std::optional<Error> not_deleted;
};

// An item of the document Backup: its manifest, and what became of it on the disk.
nlohmann::ordered_json item_of(const Saved& done);

// --dir, of whatever makes backups.
Option backup_folder_option(std::string& dir);

// What is known before anything was asked for: the names, and so the file's.
backup::Manifest begin_manifest(const Context& context, const fleet::Instance& instance, const std::string& id);

// The RDB as a part of a backup of more. Errors: those of fleet::Snapshot, with what became of the node; io.
Result<void> add_rdb(Context& context, const fleet::Instance& instance, const BackupSource& source,
                     const fleet::Waiting& waiting, backup::NewBackup& into);

// All of it gets its names, then older ones go. retain: as of SaveSettings. Errors: io, and no file is left behind.
Result<Saved> finish_backup(backup::NewBackup& backup, size_t retain);

// An RDB alone, whole. Errors leave no file behind: those of both.
Result<Saved> save_rdb(Context& context, const fleet::Instance& instance, const BackupSource& source,
                       const SaveSettings& settings);

}  // namespace redisctl
