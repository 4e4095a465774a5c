#include "failover/unshared.h"

#include "base/fd.h"
#include "base/text.h"
#include "failover/conditions.h"
#include "failover/divergence.h"
#include "failover/lost_commands.h"
#include "redis/codec.h"
#include "redis/info_fields.h"
#include "redis/node_view.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <vector>

#include <fcntl.h>

namespace redisctl::failover {

namespace {

constexpr Millis one_look{3'000};

// By database; nullopt when the node does not tell.
std::optional<std::map<std::string, int64_t>> keys_of(World& world, const std::string& node) {
    const Ask ask{node, {{"INFO", "keyspace"}}};
    const std::vector<Answer> answers = world.ask(std::span(&ask, 1), Deadline::after(one_look));
    if (!answers[0] || answers[0]->front().is_error()) return std::nullopt;
    return redis::keys_by_database(redis::parse_info(answers[0]->front().text));
}

// The only database that holds keys; nullopt when there are several, or none, or the node does not tell.
std::optional<int64_t> only_database(World& world, const std::string& node) {
    const auto keys = keys_of(world, node);
    if (!keys || keys->size() != 1) return std::nullopt;
    return parse_int(std::string_view(keys->begin()->first).substr(2));
}

struct Read {
    Unshared unshared;
    std::string text;  // for redis-cli --pipe
};

Result<Read> read(World& world, const std::string& node, const std::string& versus, const ReadLimits& limits) {
    const std::vector<std::string> both{node, versus};
    const auto views = look_at(world, both, Deadline::after(one_look));
    for (const auto& [name, view] : views) TRY(view);
    const Divergence parted = compare(*views.at(node), *views.at(versus));
    Read result;
    Unshared& unshared = result.unshared;
    unshared.node = node;
    unshared.versus = versus;
    unshared.bytes = parted.only_first;
    if (!parted.only_first) {
        // Whatever its history is: what holds nothing has no write to give up. A pod that came back without a disk.
        if (const auto keys = keys_of(world, node); keys && keys->empty()) {
            unshared.bytes = unshared.writes = 0;
            return result;
        }
        unshared.reason =
            parted.replid.empty() ? parted.why : fmt::format("{} keeps no backlog: its offset says nothing", node);
        return result;
    }
    if (*parted.only_first == 0) {
        unshared.writes = 0;
        return result;
    }
    fleet::HistoryRange range;
    range.replid = parted.replid;
    range.from = parted.shared + 1;
    range.most = limits.bytes;
    Result<fleet::HistoryPart> part = world.history(node, range, Deadline::after(limits.time));
    if (!part) {
        const Error& error = part.error();
        if (error.code == ErrorCode::interrupted) return fail(error);
        unshared.reason = error.cause.empty() ? error.message : error.cause;
        return result;
    }
    unshared.bytes = std::max<int64_t>(0, *part->view.master_offset - parted.shared);
    TRY_ASSIGN(Commands commands, read_commands(part->bytes));
    unshared.writes = commands.writes;
    unshared.commands = std::move(commands.by_name);
    unshared.prefixes = std::move(commands.by_prefix);
    unshared.whole = !part->cut && !commands.cut;
    if (part->cut) unshared.reason = fmt::format("only the first {} bytes were read", limits.bytes);
    result.text = std::move(commands.text);
    std::optional<int64_t> database = last_selected(part->before);
    if (!database) database = only_database(world, node);
    // redis-cli begins in database 0.
    if (database && *database != 0) result.text.insert(0, redis::encode({"SELECT", std::to_string(*database)}));
    if (!database && unshared.reason.empty()) unshared.reason = "which database the first of them went to is unknown";
    return result;
}

Error cannot_save(const std::string& path, int number) {
    return Error{ErrorCode::refused, fmt::format("{} cannot be written", path), std::strerror(number),
                 "make room, or name another folder: XDG_STATE_HOME=/var/tmp redisctl …", "JOURNAL"};
}

Result<void> write_file(const std::string& path, std::string_view text) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) return fail(cannot_save(path, failed.value()));
    const std::string begun = path + ".part";
    {
        const Fd file(::open(begun.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file) return fail(cannot_save(path, errno));
        while (!text.empty()) {
            const ssize_t n = ::write(file.get(), text.data(), text.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return fail(cannot_save(path, errno));
            text.remove_prefix(static_cast<size_t>(n));
        }
        if (::fsync(file.get()) != 0) return fail(cannot_save(path, errno));
    }
    if (::rename(begun.c_str(), path.c_str()) != 0) return fail(cannot_save(path, errno));
    const Fd entry(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!entry || ::fsync(entry.get()) != 0) return fail(cannot_save(path, errno));
    return {};
}

}  // namespace

Unshared unshared_by_offsets(const std::string& node, const std::string& versus, const Divergence& parted) {
    Unshared unshared;
    unshared.node = node;
    unshared.versus = versus;
    unshared.bytes = parted.only_first;
    if (unshared.bytes == 0)
        unshared.writes = 0;
    else if (unshared.bytes)
        unshared.reason = "a replica without link does not show its history";
    else
        unshared.reason = parted.why.empty() ? "its offset is unknown" : parted.why;
    return unshared;
}

bool may_hold_writes(const Unshared& unshared) {
    return unshared.writes.value_or(unshared.bytes.value_or(1)) > 0;
}

Result<Unshared> read_unshared(World& world, const std::string& node, const std::string& versus,
                               const ReadLimits& limits) {
    TRY_ASSIGN(Read result, read(world, node, versus, limits));
    return std::move(result.unshared);
}

Result<Unshared> save_unshared(World& world, const SaveUnshared& save) {
    TRY_ASSIGN(Read result,
               read(world, save.node, save.versus, {static_cast<size_t>(save.max_bytes), Millis(save.timeout_ms)}));
    if (result.unshared.writes.value_or(0) > 0) {
        TRY(write_file(save.file, result.text));
        result.unshared.file = save.file;
    }
    return std::move(result.unshared);
}

std::string amount_of(const Unshared& unshared) {
    if (unshared.writes)
        return fmt::format("{}{} write{}", unshared.whole ? "" : "more than ", *unshared.writes,
                           *unshared.writes == 1 ? "" : "s");
    return unshared.bytes ? fmt::format("{} bytes", *unshared.bytes) : "an unknown number of writes";
}

}  // namespace redisctl::failover
