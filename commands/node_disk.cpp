#include "commands/node_disk.h"

#include "base/interrupt.h"
#include "base/text.h"
#include "commands/background_saving.h"
#include "commands/info_fields.h"

#include <fmt/core.h>

#include <array>
#include <utility>

namespace redisctl {

namespace {

using redis::InfoFields;

constexpr Millis look_again{200}, one_look{2'000};
// An fsync begins every second, by a clock that is looked at ten times a second (or hz).
constexpr Millis next_fsync_begins_in{1'300}, fsync_ends_in{15'000};

constexpr std::array<std::pair<const char*, std::string NodeDisk::*>, 6> kParameters{
    {{"dir", &NodeDisk::directory},
     {"dbfilename", &NodeDisk::rdb_name},
     {"appendfilename", &NodeDisk::aof_name},
     {"appenddirname", &NodeDisk::aof_folder},
     {"appendfsync", &NodeDisk::appendfsync},
     {"databases", &NodeDisk::databases}}};

class Writing {
  public:
    Writing(Context& context, const fleet::Node& node, const NodeDisk& disk, Deadline deadline)
        : context_(context), node_(node), disk_(disk), deadline_(deadline) {}

    Result<OnDisk> run() {
        TRY_ASSIGN(Saving saving, save());
        // It began before we asked.
        if (joined_) {
            TRY_ASSIGN(saving, save());
        }
        if (saving.seconds) on_disk_.save_seconds = *saving.seconds;
        if (disk_.aof) TRY(wait_for_fsync());
        on_disk_.says = sentence();
        return on_disk_;
    }

  private:
    Result<Saving> save() {
        const fleet::Call call{&node_, requests_to_begin(snapshot_saving)};
        const std::vector<fleet::Outcome> outcomes = context_.ask_further({&call, 1});
        Saving saving;
        take_start(snapshot_saving, saving, outcomes.front().replies);
        joined_ = saving.state == SavingState::joined;
        while (saving.under_way()) {
            if (deadline_.passed())
                return fail(ErrorCode::timeout, fmt::format("{} still writes its RDB", node_.name),
                            "it was not done in time, and goes on", "--wait 15m");
            context_.output().progress(fmt::format("{}: writes its RDB", printable(node_.name)));
            TRY(context_.loop().pause(Deadline::after(look_again)));
            look_at(snapshot_saving, saving, ask());
            if (interrupt::wanted()) return fail(ErrorCode::interrupted, "interrupted");
        }
        if (!saving.error) return saving;
        Error error = *saving.error;
        if (error.code == ErrorCode::server || error.code == ErrorCode::forbidden) {
            error.cause = error.message + (error.cause.empty() ? "" : ": " + error.cause);
            error.message = fmt::format("{} does not write its data to its disk", node_.name);
            error.code = ErrorCode::refused;
            if (error.reason.empty()) error.reason = "SAVE_FAILED";
        }
        return fail(std::move(error));
    }

    Result<std::vector<redis::Value>> ask() {
        const fleet::Call call{&node_, info_requests({"persistence"})};
        std::vector<fleet::Outcome> outcomes = context_.fleet().exec({&call, 1}, Deadline::after(one_look));
        Result<std::vector<redis::Value>> replies = std::move(outcomes.front().replies);
        if (replies)
            if (const auto info = info_of(replies, {"persistence"}))
                if (const auto time = redis::count_of(*info, "rdb_last_save_time")) on_disk_.saved = rfc3339(*time);
        return replies;
    }

    Result<void> wait_for_fsync() {
        on_disk_.synced = disk_.appendfsync == "always";
        if (disk_.appendfsync != "everysec") return {};
        TimePoint since = SteadyClock::now();
        const Deadline end = Deadline::after(fsync_ends_in).earlier(deadline_);
        while (!end.passed()) {
            TRY(context_.loop().pause(Deadline::after(look_again)));
            const Result<InfoFields> info = info_of(ask(), {"persistence"});
            if (!info && info.error().code == ErrorCode::interrupted) return fail(info.error());
            if (!info) continue;
            // With no-appendfsync-on-rewrite there is none meanwhile.
            if (redis::flag_of(*info, "aof_rewrite_in_progress").value_or(true)) since = SteadyClock::now();
            if (SteadyClock::now() - since < next_fsync_begins_in) continue;
            on_disk_.synced = redis::count_of(*info, "aof_pending_bio_fsync") == 0 &&
                              redis::text_of(*info, "aof_last_write_status") == "ok";
            if (on_disk_.synced) return {};
        }
        return {};
    }

    std::string sentence() const {
        const std::string rdb = fmt::format("the RDB of {}", on_disk_.saved);
        if (!disk_.aof) return rdb + ", and nothing that was written since";
        if (on_disk_.synced) return "the AOF, with every write up to now, and " + rdb;
        return fmt::format(
            "{}; the AOF as after a crash: appendfsync is {}, so that its last seconds may be missing from the disk",
            rdb, disk_.appendfsync.empty() ? "unknown" : disk_.appendfsync);
    }

    Context& context_;
    const fleet::Node& node_;
    const NodeDisk& disk_;
    const Deadline deadline_;
    OnDisk on_disk_;
    bool joined_ = false;
};

}  // namespace

Result<NodeDisk> ask_disk(Context& context, const fleet::Node& node) {
    fleet::Call call{&node, redis::node_view_requests()};
    const size_t of_view = call.requests.size();
    call.requests.push_back({"INFO", "persistence"});
    call.requests.push_back({"INFO", "keyspace"});
    // One by one: several at once is only for Redis 7.
    for (const auto& [name, member] : kParameters) call.requests.push_back({"CONFIG", "GET", name});
    fleet::Outcome outcome = std::move(context.ask_further({&call, 1}).front());
    TRY(outcome.replies);
    const std::vector<redis::Value>& replies = *outcome.replies;
    NodeDisk disk;
    const auto begin = replies.begin();
    TRY_ASSIGN(disk.view, redis::parse_node_view({begin, begin + static_cast<std::ptrdiff_t>(of_view)}));
    TRY_ASSIGN(const InfoFields persistence, redis::read_info(replies[of_view], "persistence"));
    disk.aof = redis::flag_of(persistence, "aof_enabled").value_or(false);
    TRY_ASSIGN(const InfoFields keyspace, redis::read_info(replies[of_view + 1], "keyspace"));
    disk.keys = redis::keys_by_database(keyspace);
    for (size_t i = 0; i < kParameters.size(); i++) {
        const auto& [name, member] = kParameters[i];
        if (const auto values = redis::read_pairs(replies[of_view + 2 + i], "CONFIG"))
            disk.*member = redis::text_of(*values, name);
    }
    return disk;
}

Result<OnDisk> bring_to_disk(Context& context, const fleet::Node& node, const NodeDisk& disk, Deadline deadline) {
    Result<OnDisk> done = Writing(context, node, disk, deadline).run();
    context.output().progress({});
    return done;
}

}  // namespace redisctl
