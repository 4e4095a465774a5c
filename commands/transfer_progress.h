// What a terminal shows while bytes come or go: how much, how fast, how long it will still take.
#pragma once

#include "base/time.h"
#include "output/output.h"

#include <cstdint>
#include <optional>
#include <string>

namespace redisctl {

class TransferProgress {
  public:
    // The total of bytes where it is known; else that of keys stands for it, where that is known (not 0).
    TransferProgress(output::Output& output, std::string node, std::optional<uint64_t> bytes, uint64_t keys)
        : output_(output), node_(std::move(node)), bytes_(bytes), keys_(keys) {}
    ~TransferProgress() { output_.progress({}); }
    TransferProgress(const TransferProgress&) = delete;
    TransferProgress& operator=(const TransferProgress&) = delete;

    void show(uint64_t bytes, uint64_t keys);

  private:
    output::Output& output_;
    std::string node_;
    std::optional<uint64_t> bytes_;
    uint64_t keys_;
    TimePoint begin_ = SteadyClock::now(), next_ = begin_;
};

}  // namespace redisctl
