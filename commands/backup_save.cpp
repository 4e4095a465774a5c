#include "commands/backup_save.h"

#include "backup/new_file.h"
#include "backup/shelf.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/backup_receive.h"

#include <nlohmann/json.hpp>

namespace redisctl {

namespace {

using backup::Manifest;

// Only what has a manifest of ours, of the same instance, and only now that the new one is there.
void let_go(const std::string& folder, size_t keep, Saved& done) {
    const Result<backup::Shelf> shelf = backup::read_shelf(folder);
    if (!shelf) {
        done.not_deleted = shelf.error();
        return;
    }
    for (const backup::Shelved& old : backup::surplus(*shelf, done.manifest, keep)) {
        if (const Result<void> removed = backup::remove(old); !removed) {
            done.not_deleted = removed.error();
            return;
        }
        done.deleted.push_back(old.path);
    }
}

}  // namespace

nlohmann::ordered_json item_of(const Saved& done) {
    nlohmann::ordered_json item = backup::to_json(done.manifest);
    item["why"] = text_or_null(done.why);
    item["path"] = done.path;
    item["manifest"] = done.manifest_path;
    item["deleted"] = done.deleted;
    return item;
}

Option backup_folder_option(std::string& dir) {
    return {"--dir", "FOLDER", "Folder to write to, made when it is not there; this one by default", &dir, {}, "file"};
}

Manifest begin_manifest(const Context& context, const fleet::Instance& instance, const std::string& id) {
    Manifest manifest;
    manifest.id = id;
    manifest.time = rfc3339_now();
    manifest.context = context.kube_context();
    manifest.ns = instance.ns;
    manifest.instance = instance.name;
    return manifest;
}

Result<void> add_rdb(Context& context, const fleet::Instance& instance, const BackupSource& source,
                     const fleet::Waiting& waiting, backup::NewBackup& into) {
    note_of_source(context, instance, source);
    Manifest& manifest = into.manifest();
    manifest.file = backup::file_stem(manifest) + ".rdb";
    TRY_ASSIGN(backup::NewFile file, backup::NewFile::create(into.folder(), manifest.file));
    fleet::Snapshot snapshot = context.fleet().snapshot(*source.node, waiting);
    auto received = receive_rdb(context, source, snapshot, fleet::SnapshotOf::rdb, file, manifest);
    if (!received) return fail(explained(context, std::move(received).error(), source));
    into.take(std::move(file));
    return {};
}

Result<Saved> finish_backup(backup::NewBackup& backup, size_t retain) {
    TRY(backup.keep());
    const Manifest& manifest = backup.manifest();
    Saved done{manifest, backup.manifest_path(), backup.manifest_path(), {}, {}, {}};
    if (manifest.has_rdb()) done.path = backup.folder() + "/" + manifest.file;
    if (retain > 0) let_go(backup.folder(), retain, done);
    return done;
}

Result<Saved> save_rdb(Context& context, const fleet::Instance& instance, const BackupSource& source,
                       const SaveSettings& settings) {
    TRY_ASSIGN(backup::NewBackup backup,
               backup::NewBackup::begin(settings.dir, begin_manifest(context, instance, settings.id)));
    TRY(add_rdb(context, instance, source, settings.waiting, backup));
    TRY_ASSIGN(Saved done, finish_backup(backup, settings.retain));
    done.why = source.why;
    return done;
}

}  // namespace redisctl
