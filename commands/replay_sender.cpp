#include "commands/replay_sender.h"

#include "base/text.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace redisctl {

namespace {

constexpr size_t most_unanswered = 512;
constexpr size_t most_refusals = 20;
// A replica that is further behind than its master's buffer for it holds (client-output-buffer-limit) is hung up on,
// and copies all anew. The default's soft limit is 64 MiB.
constexpr uint64_t look_every = 8u << 20;
constexpr int64_t furthest_behind = 32 << 20;
constexpr Millis between_looks{50}, patience{30'000};
constexpr Millis settled_in{2'000}, no_answer_for{500};

std::string head(size_t words) {
    return fmt::format("*{}\r\n", words);
}

std::string word(std::string_view text) {
    return fmt::format("${}\r\n{}\r\n", text.size(), text);
}

// What the server says of this one key or library, and not of all that would follow.
bool is_about_itself(const redis::Value& reply) {
    for (const std::string_view says : {"Bad data format", "payload version or checksum", "Error compiling function",
                                        "Error registering functions", "already exists"})
        if (reply.text.find(says) != std::string::npos) return true;
    return false;
}

}  // namespace

Result<void> ReplaySender::put(std::string_view bytes) {
    put_since_look_ += bytes.size();
    return pipeline_->put(bytes);
}

Result<void> ReplaySender::key(const redis::RdbKey& key) {
    key_ = key;
    const uint64_t place_in_file = place_in_file_++;
    const bool expired = is_over(key, clock_ms() + task_.clock_ahead_ms);
    left_out_ = ++seen_ <= replayed_.place || expired;
    if (seen_ > replayed_.place && expired) {
        pending_.push_back({Pending::What::expired, key.database, {}});
        step_over_expired();
    }
    if (left_out_) return {};
    payload_.emplace(key.type);
    held_.clear();
    const auto large = task_.file->large.find(place_in_file);
    streaming_ = large != task_.file->large.end();
    if (!streaming_) return {};
    to_come_ = large->second;
    return send_key(to_come_);
}

Error ReplaySender::changed() const {
    return {ErrorCode::io, fmt::format("{} was changed while it was read", printable(task_.file->path)), {}, {}, {}};
}

Result<void> ReplaySender::value(std::string_view bytes) {
    if (left_out_) return {};
    payload_->add(bytes);
    if (!streaming_) {
        held_ += bytes;
        return {};
    }
    // More than was announced would be taken for commands.
    if (bytes.size() > to_come_) return fail(changed());
    to_come_ -= bytes.size();
    return put(bytes);
}

// All of the request that stands before the value. `length`: of the value, behind its type.
Result<void> ReplaySender::send_key(uint64_t length) {
    if (selected_ != key_.database) {
        selected_ = key_.database;
        pending_.push_back({Pending::What::select, key_.database, {}});
        awaited_++;
        TRY(put(head(2) + word("SELECT") + word(std::to_string(key_.database))));
    }
    pending_.push_back({Pending::What::key, key_.database, key_.name});
    awaited_++;
    const bool has_use = key_.idle_seconds || key_.frequency;
    std::string request = head(has_use ? 8 : 6) + word("RESTORE") + word(key_.name) +
                          word(std::to_string(key_.expires_at_ms.value_or(0)));
    request += fmt::format("${}\r\n", 1 + length + redis::DumpPayload::footer_size);
    request += static_cast<char>(key_.type);
    return put(request);
}

Result<void> ReplaySender::value_ends() {
    if (std::exchange(left_out_, false)) return {};
    if (streaming_ && to_come_ > 0) return fail(changed());
    if (!streaming_) {
        TRY(send_key(held_.size()));
        TRY(put(held_));
    }
    std::string end = payload_->footer(task_.file->facts.version) + "\r\n" + word("REPLACE") + word("ABSTTL");
    if (key_.idle_seconds)
        end += word("IDLETIME") + word(std::to_string(*key_.idle_seconds));
    else if (key_.frequency)
        end += word("FREQ") + word(std::to_string(*key_.frequency));
    TRY(put(end));
    if (awaited_ > most_unanswered) TRY(take(awaited_ - most_unanswered));
    return put_since_look_ >= look_every ? let_replicas_follow() : Result<void>{};
}

Result<void> ReplaySender::function(std::string_view code) {
    if (++seen_ <= replayed_.place) return {};
    pending_.push_back({Pending::What::function, 0, std::string(trim(code.substr(0, code.find('\n'))))});
    awaited_++;
    TRY(put(head(4) + word("FUNCTION") + word("LOAD") + word("REPLACE") + word(code)));
    return take(awaited_);
}

Result<void> ReplaySender::finish() {
    return take(awaited_);
}

// A value that was put in part is never answered.
void ReplaySender::settle() {
    const Deadline end = Deadline::after(settled_in);
    Deadline silent = Deadline::after(no_answer_for);
    while (awaited_ > 0 && !end.passed() && !silent.passed()) {
        const size_t before = awaited_;
        if (!pipeline_->pause(between_looks) || !take(0)) return;
        if (awaited_ < before) silent = Deadline::after(no_answer_for);
    }
}

// What is left out needs no answer, but its turn.
void ReplaySender::step_over_expired() {
    while (!pending_.empty() && pending_.front().what == Pending::What::expired) {
        pending_.pop_front();
        replayed_.expired++;
        replayed_.place++;
    }
}

Result<void> ReplaySender::take(size_t at_least) {
    TRY_ASSIGN(const std::vector<redis::Value> replies, pipeline_->take(at_least));
    for (const redis::Value& reply : replies) {
        if (pending_.empty()) return fail(ErrorCode::protocol, "the node answered more than it was asked");
        const Pending pending = std::move(pending_.front());
        pending_.pop_front();
        awaited_--;
        TRY(answered(pending, reply));
        step_over_expired();
    }
    if (!replies.empty() && task_.acknowledged) task_.acknowledged();
    return {};
}

Result<void> ReplaySender::answered(const Pending& pending, const redis::Value& reply) {
    using What = Pending::What;
    if (reply.is_error()) {
        const std::string_view command = pending.what == What::select     ? "SELECT"
                                         : pending.what == What::function ? "FUNCTION"
                                                                          : "RESTORE";
        Error error = redis::reply_error(reply, command);
        if (pending.what == What::select || !is_about_itself(reply)) {
            error.message = fmt::format("{}: {}", task_.master->name, error.message);
            return fail(std::move(error));
        }
        replayed_.refused++;
        const std::string name =
            pending.what == What::function
                ? "library " + printable(pending.name)
                : fmt::format("{} of db{}", printable(pending.name.substr(0, 200)), pending.database);
        if (replayed_.refusals.size() < most_refusals) replayed_.refusals.push_back(name + ": " + error.cause);
    } else if (pending.what == What::key) {
        replayed_.restored[pending.database]++;
    } else if (pending.what == What::function) {
        replayed_.functions++;
    }
    if (pending.what != What::select) replayed_.place++;
    return {};
}

Result<void> ReplaySender::let_replicas_follow() {
    put_since_look_ = 0;
    TRY(take(awaited_));
    if (task_.keep_going) TRY(task_.keep_going());
    const TimePoint begin = SteadyClock::now();
    Deadline end = Deadline::after(patience);
    std::optional<int64_t> least;
    while (!end.passed()) {
        TRY(pipeline_->put(head(2) + word("INFO") + word("replication")));
        TRY_ASSIGN(const std::vector<redis::Value> replies, pipeline_->take(1));
        const auto info = redis::read_info(replies.front(), "replication");
        if (!info) break;
        const auto offset = redis::count_of(*info, "master_repl_offset");
        int64_t behind = 0;
        for (const auto& [name, line] : *info) {
            if (!name.starts_with("slave") || line.find("state=online") == std::string::npos) continue;
            for (const std::string_view field : split(line, ','))
                if (const auto at = field.starts_with("offset=") ? parse_int(field.substr(7)) : std::nullopt;
                    at && offset)
                    behind = std::max(behind, *offset - *at);
        }
        if (behind <= furthest_behind) break;
        // One that takes nothing more is not waited for.
        if (!least || behind < *least) end = Deadline::after(patience), least = behind;
        TRY(pipeline_->pause(between_looks));
    }
    replayed_.held_back_ms +=
        static_cast<uint64_t>(std::chrono::duration_cast<Millis>(SteadyClock::now() - begin).count());
    return {};
}

}  // namespace redisctl
