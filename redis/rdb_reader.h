// An RDB as it comes: its keys counted, its checksum checked, nothing of it kept. Values are walked over by their
// lengths; what is compressed stays so. Formats 1 to 12: Redis up to 8.x, Valkey up to 8.x (src/rdb.h, rdb.c).
#pragma once

#include "base/result.h"
#include "redis/rdb_facts.h"
#include "redis/rdb_visitor.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace redisctl::redis {

class RdbReader {
  public:
    // The visitor hears of each key; it must outlive this. Names of keys and code of functions are then held, one at a
    // time. nullptr: nobody does.
    explicit RdbReader(RdbVisitor* visitor = nullptr);
    ~RdbReader();
    RdbReader(RdbReader&&) noexcept;

    // The next bytes. Errors: protocol: this is no RDB, or it is broken, and where; those of the visitor.
    Result<void> feed(std::string_view bytes);
    // No more come. Errors: protocol: it ends in the middle, or its checksum is wrong.
    Result<RdbFacts> finish();

    uint64_t keys() const;  // so far

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace redisctl::redis
