#include "commands/replay.h"

#include "backup/pieces.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/replay_sender.h"
#include "commands/transfer_progress.h"
#include "redis/rdb_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

constexpr Millis idle{60'000}, between_tries{500};
constexpr int tries_without_progress = 10;

bool line_broke(const Error& error) {
    return error.code == ErrorCode::unreachable || error.code == ErrorCode::timeout;
}

// One connection's worth: the file from its begin, without what is acknowledged.
Result<void> send_by(Context& context, const ReplayTask& task, const Replayed& replayed, ReplaySender& sender) {
    TRY_ASSIGN(backup::Pieces pieces, backup::Pieces::open(task.file->path));
    TransferProgress progress(context.output(), task.master->name, task.file->bytes, 0);
    redis::RdbReader reader(&sender);
    uint64_t bytes = 0;
    while (true) {
        TRY_ASSIGN(const std::string_view piece, pieces.next());
        if (piece.empty()) break;
        TRY(reader.feed(piece));
        bytes += piece.size();
        progress.show(bytes, replayed.keys());
    }
    TRY(reader.finish());
    return sender.finish();
}

Result<void> send_once(Context& context, const ReplayTask& task, Replayed& replayed) {
    const fleet::Waiting waiting{Deadline::never(), idle};
    ReplaySender sender(context.pipeline(*task.master, waiting), task, replayed);
    Result<void> sent = send_by(context, task, replayed, sender);
    if (!sent && sent.error().code == ErrorCode::interrupted) {
        const interrupt::Patience patience(2);
        sender.settle();
    }
    return sent;
}

// Is it still the same process, and the master? Errors: conflict; the node does not answer.
Result<void> same_master(Context& context, const ReplayTask& task) {
    const std::vector<fleet::Call> call{{task.master, redis::node_view_requests()}};
    const fleet::Outcome outcome = std::move(context.fleet().exec(call, Deadline::after(Millis(5'000))).front());
    TRY(outcome.replies);
    TRY_ASSIGN(const redis::NodeView view, redis::parse_node_view(*outcome.replies));
    if (view.run_id != task.run_id)
        return fail(Error{ErrorCode::conflict, fmt::format("{} was restarted meanwhile", task.master->name),
                          "what it had taken may be lost, or another node may be the master by now",
                          "redisctl master-info", "RESTARTED"});
    if (view.role != redis::Role::master)
        return fail(Error{ErrorCode::conflict,
                          fmt::format("{} is a {} by now", task.master->name, redis::role_name(view.role)),
                          "another node became the master while keys were restored, and may not have all of them",
                          "redisctl master-info", "ROLE_CHANGED"});
    return {};
}

}  // namespace

uint64_t Replayed::keys() const {
    uint64_t sum = 0;
    for (const auto& [number, keys] : restored) sum += keys;
    return sum;
}

Result<void> replay(Context& context, const ReplayTask& task, Replayed& replayed) {
    for (int tries = 0;;) {
        const uint64_t before = replayed.place;
        Result<void> sent = send_once(context, task, replayed);
        if (sent) return {};
        Error error = std::move(sent).error();
        if (error.reason == "READONLY") {
            TRY(same_master(context, task));
            return fail(std::move(error));
        }
        if (!line_broke(error)) return fail(std::move(error));
        tries = replayed.place > before ? 0 : tries + 1;
        if (tries >= tries_without_progress) return fail(std::move(error));
        TRY(context.loop().pause(Deadline::after(between_tries * std::min(tries + 1, 4))));
        if (const Result<void> same = same_master(context, task); !same) {
            if (!line_broke(same.error())) return fail(same.error());
            continue;  // it may come back
        }
        replayed.reconnected++;
        context.output().note(fmt::format("the line to {} broke, and is there again: going on behind {} keys",
                                          printable(task.master->name), replayed.keys()));
    }
}

}  // namespace redisctl
