#include "backup/incr_file.h"

#include "redis/codec.h"

#include <algorithm>
#include <array>

namespace redisctl::backup {

namespace {

// Written at once, and held at most of what may have to be cut off.
constexpr size_t piece = 256u << 10, held_at_most = 1u << 20;

// What a master tells its replicas and writes into no AOF (redis src/replication.c replicationCron, pubsub.c
// publishCommand).
constexpr std::array<std::string_view, 4> only_for_replicas{"PING", "REPLCONF", "PUBLISH", "SPUBLISH"};

}  // namespace

IncrFile::IncrFile(NewFile file, int64_t offset, uint64_t database)
    : file_(std::move(file)), begin_(offset), safe_offset_(offset) {
    buffer_ = redis::encode({"SELECT", std::to_string(database)});
    safe_ = buffer_.size();
    safe_commands_ = commands_ = 1;
}

Result<void> IncrFile::feed(std::string_view bytes) {
    TRY(stream_.feed(bytes));
    if (safe_ >= piece) TRY(write(safe_));
    return {};
}

Result<void> IncrFile::command(std::string_view name) {
    left_out_ = std::ranges::find(only_for_replicas, name) != only_for_replicas.end();
    if (left_out_) return {};
    commands_++;
    if (name == "MULTI") in_transaction_ = true;
    if (name == "EXEC" || name == "DISCARD") in_transaction_ = false;
    return {};
}

Result<void> IncrFile::bytes(std::string_view raw) {
    handed_on_ += raw.size();
    if (left_out_) return {};
    buffer_ += raw;
    if (buffer_.size() - safe_ <= held_at_most) return {};
    if (!before_) {
        TRY(write(safe_));
        before_.emplace(Before{written_, sha256_.copy()});
    }
    return write(buffer_.size());
}

Result<void> IncrFile::ends() {
    if (in_transaction_) return {};
    safe_ = buffer_.size();
    safe_offset_ = begin_ + static_cast<int64_t>(handed_on_);
    safe_commands_ = commands_;
    before_.reset();
    return {};
}

Result<void> IncrFile::write(size_t count) {
    const std::string_view bytes = std::string_view(buffer_).substr(0, count);
    TRY(file_.write(bytes));
    sha256_.add(bytes);
    written_ += count;
    buffer_.erase(0, count);
    safe_ -= std::min(safe_, count);
    return {};
}

Result<void> IncrFile::finish() {
    if (before_) {
        TRY(file_.cut(before_->written));
        written_ = before_->written;
        sha256_ = std::move(before_->sha256);
        before_.reset();
        safe_ = 0;
    }
    TRY(write(safe_));
    buffer_.clear();
    return file_.sync();
}

}  // namespace redisctl::backup
