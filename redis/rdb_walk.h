// The way through an RDB, from its header to its end mark: over values by their lengths, in pieces that may end
// anywhere. Used by rdb_reader, which also sums it up.
#pragma once

#include "base/result.h"
#include "redis/rdb_facts.h"
#include "redis/rdb_front.h"
#include "redis/rdb_visitor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::redis::rdb {

class Walk {
  public:
    // Facts are filled on the way. The visitor may be nullptr: then nothing of keys and values is kept at all.
    Walk(RdbFacts& facts, RdbVisitor* visitor) : facts_(facts), visitor_(visitor) {}

    // Errors: protocol: this is no RDB, or it is broken, and where; those of the visitor.
    Result<void> feed(std::string_view bytes);

    bool begun() const { return begun_; }
    bool ended() const { return ended_; }
    // Neither at its end nor at something that is not known here.
    bool going() const { return !ended_ && facts_.not_counted.empty(); }
    uint64_t walked() const { return walked_; }    // bytes
    uint64_t counted() const { return counted_; }  // keys
    Error broken(std::string_view why) const;

  private:
    // Part of a shape, so many times more.
    struct Frame {
        std::string_view shape;
        uint64_t times = 1;
        size_t at = 0;
    };

    Result<void> step(Front& front);
    Result<void> header(Front& front);
    Result<void> opcode(Front& front);
    Result<void> note(Front& front);
    Result<void> function(Front& front);
    Result<void> begin_value(uint8_t type);
    Result<void> key_name(Front& front);
    Result<void> piece(Front& front);
    Result<void> of_module(Front& front);
    Result<void> group(Front& front);
    Result<void> tell(std::string_view bytes);
    Result<void> end_value();

    RdbFacts& facts_;
    RdbVisitor* visitor_;
    uint64_t walked_ = 0, counted_ = 0;
    std::string rest_;      // the begin of something that is not all there
    uint64_t to_skip_ = 0;  // bytes of a value
    std::vector<Frame> frames_;
    RdbDatabase* database_ = nullptr;
    RdbKey key_;  // what is known of the next one, or of the one whose value is walked over
    enum class In { between, name, value } in_ = In::between;
    bool begun_ = false, ended_ = false;
};

}  // namespace redisctl::redis::rdb
