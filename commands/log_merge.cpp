#include "commands/log_merge.h"

namespace redisctl {

size_t LogMerge::add() {
    logs_.emplace_back();
    silent_++;
    return logs_.size() - 1;
}

void LogMerge::push(size_t log, kube::LogLine line, TimePoint arrived) {
    Log& to = logs_[log];
    to.last = kube::nanoseconds_of(line.time).value_or(to.last);
    if (to.lines.empty()) {
        heads_.emplace(to.last, log);
        if (to.open) silent_--;
    }
    to.lines.push_back({std::move(line), to.last, arrived});
}

void LogMerge::end(size_t log) {
    Log& one = logs_[log];
    if (one.open && one.lines.empty()) silent_--;
    one.open = false;
}

void LogMerge::open(size_t log) {
    Log& one = logs_[log];
    if (!one.open && one.lines.empty()) silent_++;
    one.open = true;
}

TimePoint LogMerge::due(const Waiting& line) const {
    return patience_ == Millis::max() ? TimePoint::max() : line.arrived + patience_;
}

std::vector<LogMerge::Line> LogMerge::take(TimePoint now) {
    std::vector<Line> turn;
    while (!heads_.empty()) {
        const size_t number = heads_.top().second;
        Log& log = logs_[number];
        if (silent_ > 0 && due(log.lines.front()) > now) break;
        turn.push_back({number, std::move(log.lines.front().line)});
        log.lines.pop_front();
        heads_.pop();
        if (!log.lines.empty())
            heads_.emplace(log.lines.front().nanos, number);
        else if (log.open)
            silent_++;
    }
    return turn;
}

Deadline LogMerge::next() const {
    if (heads_.empty()) return Deadline::never();
    return Deadline(due(logs_[heads_.top().second].lines.front()));
}

}  // namespace redisctl
