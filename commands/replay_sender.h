// The reader of an RDB tells of each key, and this puts it on the way. Used by replay only.
#pragma once

#include "commands/replay.h"
#include "fleet/pipeline.h"
#include "redis/dump_payload.h"
#include "redis/rdb_visitor.h"
#include "redis/value.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl {

class ReplaySender final : public redis::RdbVisitor {
  public:
    ReplaySender(std::unique_ptr<fleet::Pipeline> pipeline, const ReplayTask& task, Replayed& replayed)
        : pipeline_(std::move(pipeline)), task_(task), replayed_(replayed) {}

    Result<void> key(const redis::RdbKey& key) override;
    Result<void> value(std::string_view bytes) override;
    Result<void> value_ends() override;
    Result<void> function(std::string_view code) override;

    // Until all that was put is answered.
    Result<void> finish();
    // It goes no further: the answers that still come, for as long as some do, and not for long.
    void settle();

  private:
    // What was put and is not answered yet.
    struct Pending {
        enum class What { select, expired, key, function } what = What::select;
        uint64_t database = 0;
        std::string name;
    };

    Result<void> put(std::string_view bytes);
    Result<void> send_key(uint64_t length);
    Result<void> take(size_t at_least);
    Result<void> answered(const Pending& pending, const redis::Value& reply);
    void step_over_expired();
    Result<void> let_replicas_follow();
    Error changed() const;

    std::unique_ptr<fleet::Pipeline> pipeline_;
    const ReplayTask& task_;
    Replayed& replayed_;
    std::deque<Pending> pending_;
    size_t awaited_ = 0;          // replies; what is expired is pending without one
    uint64_t seen_ = 0;           // keys and libraries of the file
    uint64_t place_in_file_ = 0;  // keys alone, as RestoreFile counts
    std::optional<uint64_t> selected_;
    redis::RdbKey key_;
    bool left_out_ = false;   // the key whose value comes: acknowledged before, or expired
    bool streaming_ = false;  // its value is too large to be held
    uint64_t to_come_ = 0;    // of it
    std::optional<redis::DumpPayload> payload_;
    std::string held_;
    uint64_t put_since_look_ = 0;
};

}  // namespace redisctl
