#include "commands/backup_save.h"

#include "backup/new_backup.h"
#include "backup/new_file.h"
#include "backup/sha256.h"
#include "backup/shelf.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/transfer_progress.h"
#include "redis/rdb_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace redisctl {

namespace {

using backup::Manifest;
using redis::Role;

class Saving {
  public:
    Saving(Context& context, const fleet::Waiting& waiting) : context_(context), waiting_(waiting) {}

    Result<void> run(const fleet::Instance& instance, const BackupSource& source, backup::NewBackup& into) {
        const bool from_master = source.picture->view->role == Role::master;
        if (from_master)
            context_.output().note(fmt::format("{}: taken from the master {} ({}): it pays the memory of a fork",
                                               instance.full_name(), source.node->name, source.why));
        Manifest& manifest = into.manifest();
        manifest.file = backup::file_stem(manifest) + ".rdb";
        TRY_ASSIGN(backup::NewFile file, backup::NewFile::create(into.folder(), manifest.file));
        const TimePoint begin = SteadyClock::now();
        manifest.time = rfc3339_now();
        if (Result<void> filled = fill(file, source, manifest); !filled)
            return fail(explained(std::move(filled).error(), source));
        manifest.took_ms = std::chrono::duration_cast<Millis>(SteadyClock::now() - begin).count();
        into.take(std::move(file));
        return {};
    }

  private:
    Result<void> fill(backup::NewFile& file, const BackupSource& source, Manifest& manifest) {
        const topology::NodePicture& picture = *source.picture;
        fleet::Snapshot snapshot = context_.fleet().snapshot(*source.node, waiting_);
        context_.output().progress(fmt::format("{}: saves a copy", printable(source.node->name)));
        TRY_ASSIGN(const fleet::SnapshotStart start, snapshot.begin());
        if (start.view.role != picture.view->role)
            return fail(Error{ErrorCode::conflict,
                              fmt::format("{} is a {} by now", source.node->name, redis::role_name(start.view.role)),
                              fmt::format("it was a {} when it was chosen", redis::role_name(picture.view->role)),
                              "run it again", "ROLE_CHANGED"});
        manifest.node = source.node->name;
        manifest.role = redis::role_name(start.view.role);
        manifest.server = start.view.server;
        manifest.server_version = start.view.version;
        manifest.run_id = start.view.run_id;
        manifest.replid = start.replid;
        manifest.offset = start.offset;
        if (start.view.role == Role::replica) manifest.lag_bytes = picture.lag_bytes;

        // A server that saves while it sends does not know how much is to come; it told how many keys it has.
        uint64_t keys = 0;
        for (const auto& [database, count] : start.keys) keys += static_cast<uint64_t>(std::max<int64_t>(count, 0));
        TransferProgress progress(context_.output(), source.node->name, start.length, keys);
        redis::RdbReader reader;
        backup::Sha256 sha256;
        while (true) {
            TRY_ASSIGN(const std::string bytes, snapshot.next());
            if (bytes.empty()) break;
            TRY(reader.feed(bytes));
            sha256.add(bytes);
            TRY(file.write(bytes));
            manifest.bytes += bytes.size();
            progress.show(manifest.bytes, reader.keys());
        }
        TRY_ASSIGN(redis::RdbFacts facts, reader.finish());
        TRY(file.sync());
        manifest.rdb_version = facts.version;
        if (facts.not_counted.empty()) manifest.keys = std::move(facts.databases);
        manifest.not_counted = facts.not_counted;
        manifest.functions = facts.functions;
        manifest.checksum = redis::checksum_name(facts.checksum);
        manifest.sha256 = sha256.hex();
        return {};
    }

    // A line that broke says nothing about why: the node itself may.
    Error explained(Error error, const BackupSource& source) {
        const bool broke = error.code == ErrorCode::unreachable || error.code == ErrorCode::timeout;
        if (!broke || interrupt::count() > 0) return error;
        error.message = fmt::format("the backup of {} broke off: {}", source.node->name, error.message);
        std::string now;
        const std::vector<fleet::Call> call{{source.node, redis::node_view_requests()}};
        const std::vector<fleet::Outcome> outcomes = context_.ask_further(call);
        const auto view = outcomes.front().replies ? redis::parse_node_view(*outcomes.front().replies)
                                                   : fail(outcomes.front().replies.error());
        const redis::NodeView& before = *source.picture->view;
        if (!view)
            now = "it does not answer any more";
        else if (view->run_id != before.run_id)
            now = "it was restarted or replaced meanwhile";
        else if (view->role != before.role)
            now =
                fmt::format("it was a {} and is a {} now", redis::role_name(before.role), redis::role_name(view->role));
        else if (view->master_host != before.master_host || view->master_port != before.master_port)
            now = "it follows another master by now";
        else if (view->sync_in_progress == true)
            now = "it copies all data from its master anew";
        else
            now = "it is there, and what it is has not changed: its log may say more";
        error.cause += (error.cause.empty() ? "" : "; ") + now + "; no file is left behind";
        error.hint = "run it again";
        return error;
    }

    Context& context_;
    const fleet::Waiting& waiting_;
};

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
    return Saving(context, waiting).run(instance, source, into);
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
