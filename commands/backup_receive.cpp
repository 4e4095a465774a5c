#include "commands/backup_receive.h"

#include "backup/sha256.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/transfer_progress.h"
#include "redis/rdb_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace redisctl {

using redis::Role;

void note_of_source(Context& context, const fleet::Instance& instance, const BackupSource& source) {
    if (source.picture->view->role != Role::master) return;
    context.output().note(fmt::format("{}: taken from the master {} ({}): it pays the memory of a fork",
                                      instance.full_name(), source.node->name, source.why));
}

Result<redis::RdbFacts> receive_rdb(Context& context, const BackupSource& source, fleet::Snapshot& snapshot,
                                    fleet::SnapshotOf what, backup::NewFile& file, backup::Manifest& manifest) {
    const topology::NodePicture& picture = *source.picture;
    const TimePoint begin = SteadyClock::now();
    manifest.time = rfc3339_now();
    context.output().progress(fmt::format("{}: saves a copy", printable(source.node->name)));
    TRY_ASSIGN(const fleet::SnapshotStart start, snapshot.begin(what));
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
    TransferProgress progress(context.output(), source.node->name, start.length, keys);
    redis::RdbReader reader;
    backup::Sha256 sha256;
    std::string bytes;
    while (true) {
        TRY(snapshot.next(bytes));
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
    if (facts.not_counted.empty()) manifest.keys = facts.databases;
    manifest.not_counted = facts.not_counted;
    manifest.functions = facts.functions;
    manifest.checksum = redis::checksum_name(facts.checksum);
    manifest.sha256 = sha256.hex();
    manifest.took_ms = std::chrono::duration_cast<Millis>(SteadyClock::now() - begin).count();
    return facts;
}

std::string what_became_of(Context& context, const Error& error, const BackupSource& source) {
    const bool broke = error.code == ErrorCode::unreachable || error.code == ErrorCode::timeout;
    if (!broke || interrupt::count() > 0) return {};
    const std::vector<fleet::Call> call{{source.node, redis::node_view_requests()}};
    const std::vector<fleet::Outcome> outcomes = context.ask_further(call);
    const auto view = outcomes.front().replies ? redis::parse_node_view(*outcomes.front().replies)
                                               : fail(outcomes.front().replies.error());
    const redis::NodeView& before = *source.picture->view;
    if (!view) return "it does not answer any more";
    if (view->run_id != before.run_id) return "it was restarted or replaced meanwhile";
    if (view->role != before.role)
        return fmt::format("it was a {} and is a {} now", redis::role_name(before.role), redis::role_name(view->role));
    if (view->master_host != before.master_host || view->master_port != before.master_port)
        return "it follows another master by now";
    if (view->sync_in_progress == true) return "it copies all data from its master anew";
    return "it is there, and what it is has not changed: its log may say more";
}

Error explained(Context& context, Error error, const BackupSource& source) {
    const std::string now = what_became_of(context, error, source);
    if (now.empty()) return error;
    error.message = fmt::format("the backup of {} broke off: {}", source.node->name, error.message);
    error.cause += (error.cause.empty() ? "" : "; ") + now + "; no file is left behind";
    error.hint = "run it again";
    return error;
}

}  // namespace redisctl
