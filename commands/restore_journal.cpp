#include "commands/restore_journal.h"

#include "base/json_values.h"
#include "base/text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<RestoreMode, std::string_view>, 3> mode_names{
    {{RestoreMode::into_empty, "into-empty"},
     {RestoreMode::merge, "merge"},
     {RestoreMode::replace_all, "replace-all"}}};

std::string_view name_of(RestoreMode mode) {
    return std::ranges::find(mode_names, mode, &std::pair<RestoreMode, std::string_view>::first)->second;
}

RestoreMode mode_of(const std::string& name) {
    for (const auto& [mode, known] : mode_names)
        if (known == name) return mode;
    return RestoreMode::into_empty;
}

std::optional<int64_t> count_at(const Json& record, const char* key) {
    const auto found = record.find(key);
    return found != record.end() && found->is_number() ? std::optional(found->get<int64_t>()) : std::nullopt;
}

Replayed replayed_of(const Json& record) {
    Replayed replayed;
    replayed.place = record.value("done", uint64_t{0});
    replayed.expired = record.value("expired", uint64_t{0});
    replayed.functions = record.value("functions", uint64_t{0});
    replayed.refused = record.value("refused", uint64_t{0});
    replayed.refusals = record.value("refusals", std::vector<std::string>{});
    const Json restored = record.value("restored", Json::object());
    for (const auto& [number, keys] : restored.items())
        if (const auto database = parse_int(number)) replayed.restored[static_cast<uint64_t>(*database)] = keys;
    return replayed;
}

void read(const Json& record, StoppedRestore& stopped) {
    const std::string kind = record.value("record", "");
    if (kind == "restore") {
        stopped.file = record.value("file", "");
        stopped.sha256 = record.value("sha256", "");
        stopped.mode = mode_of(record.value("mode", ""));
        stopped.master = record.value("master", "");
        stopped.run_id = record.value("runId", "");
        stopped.replid = record.value("replid", "");
        stopped.expired_keys = count_at(record, "expiredKeys");
        stopped.evicted_keys = count_at(record, "evictedKeys");
        stopped.replayed = {};
    } else if (kind == "intent" && record.value("step", "") == "replay") {
        stopped.sending = true;
    } else if (kind == "emptied") {
        stopped.emptied = true;
    } else if (kind == "safety-backup") {
        stopped.safety_backup = record.value("path", "");
    } else if (kind == "place") {
        stopped.replayed = replayed_of(record);
    }
}

Result<StoppedRestore> read_stopped(const failover::Recorded& recorded) {
    TRY_ASSIGN(const std::vector<Json> records, failover::read_records(recorded.path));
    StoppedRestore stopped;
    stopped.operation = recorded.operation;
    stopped.journal = recorded.path;
    stopped.holders = recorded.holders;
    for (const Json& record : records) read(record, stopped);
    return stopped;
}

// A plain host is called as the user names it, and may be called by another node's address after a failover.
bool is_of(const failover::Recorded& recorded, const StoppedRestore& stopped, const std::string& kube_context,
           const topology::Picture& picture, const RestoreTarget& target) {
    if (stopped.run_id == target.run_id || stopped.replid == target.replid2) return true;
    if (recorded.plan.ns != picture.ns || recorded.plan.context != kube_context) return false;
    if (recorded.plan.instance == picture.name) return true;
    return picture.ns.empty() && std::ranges::find(picture.nodes, stopped.master, &topology::NodePicture::name) !=
                                     picture.nodes.end();
}

Error nothing(std::string message, std::string cause) {
    return {ErrorCode::refused, std::move(message), std::move(cause), {}, "NOTHING_TO_RESUME"};
}

}  // namespace

Result<StoppedRestore> find_stopped(const Environment& environment, const std::string& kube_context,
                                    const topology::Picture& picture, const RestoreFile& file,
                                    const RestoreTarget& target) {
    const std::string none = fmt::format("no restore of this file to {} can be gone on with", picture.full_name());
    std::vector<Error> unreadable;
    std::optional<StoppedRestore> other;
    for (const failover::Recorded& recorded : failover::read_journals(environment, unreadable)) {
        // One that was refused has changed nothing.
        if (recorded.goes_on_by.empty() || (recorded.ended && recorded.outcome == "refused")) continue;
        TRY_ASSIGN(StoppedRestore stopped, read_stopped(recorded));
        if (stopped.sha256.empty() || !is_of(recorded, stopped, kube_context, picture, target)) continue;
        if (recorded.running)
            return fail(Error{ErrorCode::refused, fmt::format("another restore of {} is under way", picture.name),
                              fmt::format("operation {} is at work", recorded.operation), "redisctl history",
                              "LOCKED"});
        if (stopped.sha256 != file.sha256) {
            if (!other) other = std::move(stopped);
            continue;
        }
        if (other)
            return fail(nothing(none, fmt::format("operation {} has restored another file since: {}", other->operation,
                                             printable(other->file))));
        if (!failover::is_left(recorded))
            return fail(nothing(none, fmt::format("operation {} is over: {}", recorded.operation, recorded.outcome)));
        return stopped;
    }
    if (!other) return fail(nothing(none, "this machine has no record of one"));
    return fail(nothing(none, fmt::format("the last one, operation {}, was of another file: {} with SHA-256 {}",
                                     other->operation, printable(other->file), other->sha256)));
}

Result<void> note_begin(failover::Journal& journal, const RestoreFile& file, const RestoreTarget& target,
                        RestoreMode mode, const std::string& master) {
    return journal.keep({{"record", "restore"},
                         {"file", file.path},
                         {"bytes", file.bytes},
                         {"sha256", file.sha256},
                         {"mode", name_of(mode)},
                         {"master", master},
                         {"runId", target.run_id},
                         {"replid", target.replid},
                         {"expiredKeys", value_or_null(target.expired_keys)},
                         {"evictedKeys", value_or_null(target.evicted_keys)}});
}

Result<void> note_emptied(failover::Journal& journal) {
    return journal.keep({{"record", "emptied"}});
}

Result<void> note_safety_backup(failover::Journal& journal, const std::string& path, const std::string& undone_by) {
    return journal.keep({{"record", "safety-backup"}, {"path", path}, {"undoneBy", undone_by}});
}

Result<void> note_place(failover::Journal& journal, const RestoreFile& file, const Replayed& replayed) {
    Json record{{"record", "place"}, {"done", replayed.place}, {"of", places_in(file)}};
    record["restored"] = Json::object();
    for (const auto& [number, keys] : replayed.restored) record["restored"][std::to_string(number)] = keys;
    record["expired"] = replayed.expired;
    record["functions"] = replayed.functions;
    if (replayed.refused > 0) {
        record["refused"] = replayed.refused;
        record["refusals"] = replayed.refusals;
    }
    return journal.keep(record);
}

uint64_t places_in(const RestoreFile& file) {
    return file.facts.keys() + file.facts.functions;
}

}  // namespace redisctl
