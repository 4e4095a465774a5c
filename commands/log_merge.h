// Lines of several logs, put in the order of their times while they come in. Pure.
#pragma once

#include "base/time.h"
#include "kube/pod_log.h"

#include <cstdint>
#include <deque>
#include <queue>
#include <string>
#include <utility>
#include <vector>

namespace redisctl {

class LogMerge {
  public:
    // patience: so long a line waits for earlier ones of logs that are silent. With Millis::max() it waits until each
    // log has said its next line, or has ended.
    explicit LogMerge(Millis patience) : patience_(patience) {}

    // A log from which lines may come; returns its number.
    size_t add();
    // A line without a time stands where the one before it stands.
    void push(size_t log, kube::LogLine line, TimePoint arrived);
    // Nothing comes from it now; open() takes that back.
    void end(size_t log);
    void open(size_t log);

    struct Line {
        size_t log;
        kube::LogLine line;
    };
    // Those whose turn it is.
    std::vector<Line> take(TimePoint now);
    // When it is the next one's turn though nothing more comes.
    Deadline next() const;

  private:
    struct Waiting {
        kube::LogLine line;
        int64_t nanos;
        TimePoint arrived;
    };
    struct Log {
        std::deque<Waiting> lines;
        int64_t last = 0;  // nanoseconds of its last line
        bool open = true;
    };
    using Head = std::pair<int64_t, size_t>;  // time and log of a log's next line

    TimePoint due(const Waiting& line) const;

    Millis patience_;
    std::vector<Log> logs_;
    std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
    size_t silent_ = 0;  // open logs without a line
};

}  // namespace redisctl
