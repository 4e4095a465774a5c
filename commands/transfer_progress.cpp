#include "commands/transfer_progress.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace redisctl {

namespace {

constexpr Millis between_lines{200};

}  // namespace

void TransferProgress::show(uint64_t bytes, uint64_t keys) {
    const TimePoint now = SteadyClock::now();
    if (now < next_) return;
    next_ = now + between_lines;
    const double seconds = std::max(std::chrono::duration<double>(now - begin_).count(), 0.001);
    std::string line = fmt::format("{}: {}, {}/s", printable(node_), human_bytes(bytes),
                                   human_bytes(static_cast<uint64_t>(static_cast<double>(bytes) / seconds)));
    const double done = bytes_ && *bytes_ > 0  ? static_cast<double>(bytes) / static_cast<double>(*bytes_)
                        : !bytes_ && keys_ > 0 ? static_cast<double>(keys) / static_cast<double>(keys_)
                                               : 0;
    if (done > 0 && done <= 1)
        line += fmt::format(", {:.0f} %{}, {:.0f} s left", done * 100, bytes_ ? "" : " of the keys",
                            seconds / done - seconds);
    output_.progress(line);
}

}  // namespace redisctl
