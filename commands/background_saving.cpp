#include "commands/background_saving.h"

#include "base/text.h"
#include "commands/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <string>

namespace redisctl {

using redis::InfoFields;

const SavingKind snapshot_saving{{"BGSAVE", "SCHEDULE"},     "rdb_bgsave_in_progress", "rdb_last_bgsave_status",
                                 "rdb_last_bgsave_time_sec", "rdb_last_cow_size",      "the snapshot"};
const SavingKind rewrite_saving{
    {"BGREWRITEAOF"},    "aof_rewrite_in_progress", "aof_last_bgrewrite_status", "aof_last_rewrite_time_sec",
    "aof_last_cow_size", "the rewrite of the AOF"};

namespace {

// It was put off, and has not begun.
bool waits(const SavingKind& kind, const Saving& saving, const InfoFields& info) {
    if (&kind == &rewrite_saving) return redis::flag_of(info, "aof_rewrite_scheduled").value_or(false);
    const bool moved = redis::count_of(info, "rdb_last_save_time").value_or(0) >= saving.began;
    return saving.state == SavingState::scheduled && !moved && !saving.seen_running;
}

}  // namespace

std::string_view name_of(SavingState state) {
    switch (state) {
        case SavingState::started:
            return "started";
        case SavingState::scheduled:
            return "scheduled";
        case SavingState::joined:
            return "joined";
        case SavingState::done:
            return "done";
        case SavingState::failed:
            return "failed";
        case SavingState::unknown:
            break;
    }
    return "unknown";
}

bool Saving::under_way() const {
    return !error &&
           (state == SavingState::started || state == SavingState::scheduled || state == SavingState::joined);
}

std::vector<redis::Request> requests_to_begin(const SavingKind& kind) {
    // By the clock of the server that sets the time of its last save.
    std::vector<redis::Request> requests = info_requests({"persistence"});
    requests.push_back({"TIME"});
    requests.push_back(kind.command);
    return requests;
}

void take_start(const SavingKind& kind, Saving& saving, const Result<std::vector<redis::Value>>& replies) {
    const Result<InfoFields> info = info_of(replies, {"persistence"});
    if (!info) {
        saving.error = info.error();
        return;
    }
    const redis::Value& time = replies->at(2);
    if (time.elements.size() == 2) saving.began = parse_int(time.elements.front().text).value_or(0);
    const redis::Value& reply = replies->back();
    if (!reply.is_error())
        saving.state =
            reply.text.find("scheduled") == std::string::npos ? SavingState::started : SavingState::scheduled;
    else if (reply.text.find("already in progress") != std::string::npos)
        saving.state = SavingState::joined;
    else
        saving.error = redis::reply_error(reply, kind.command.front());
}

void look_at(const SavingKind& kind, Saving& saving, const Result<std::vector<redis::Value>>& replies) {
    const Result<InfoFields> info = info_of(replies, {"persistence"});
    // A server that forks may be silent for a moment; one that is gone has not saved.
    if (!info) {
        if (++saving.silent < 10 && info.error().code == ErrorCode::timeout) return;
        saving.error = info.error();
        return;
    }
    saving.silent = 0;
    const bool running = redis::flag_of(*info, kind.running).value_or(false);
    saving.seen_running = saving.seen_running || running;
    if (running || waits(kind, saving, *info)) return;
    saving.seconds = redis::count_of(*info, kind.seconds);
    saving.bytes = redis::count_of(*info, kind.bytes);
    if (redis::text_of(*info, kind.status) == "ok") {
        saving.state = SavingState::done;
        return;
    }
    saving.state = SavingState::failed;
    saving.error = Error{ErrorCode::server, fmt::format("{} failed", kind.what),
                         fmt::format("the server says {}: {}", kind.status, redis::text_of(*info, kind.status)),
                         "its log says why (disk, or memory to fork): redisctl logs", "SAVE_FAILED"};
}

}  // namespace redisctl
