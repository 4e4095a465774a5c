#include "commands/log_sources.h"

#include "commands/node_container.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl {

namespace {

// A line waits so long for earlier ones of others, where nothing says that there are none.
constexpr Millis patience{300};
// A container that ended comes back, or its pod does.
constexpr Millis again_after{1'000};

// Asking again would not help.
bool is_final(const Error& error) {
    return error.code == ErrorCode::forbidden || error.code == ErrorCode::unauthenticated;
}

}  // namespace

LogSources::LogSources(kube::Client& client, LogWish wish)
    : client_(client), wish_(std::move(wish)), merge_(wish_.follow ? patience : Millis::max()) {}

Result<void> LogSources::follow(const fleet::Found& found, const NodeNames& wanted) {
    const bool first = sources_.empty();
    for (LogSource& source : sources_) source.gone = true;
    for (const fleet::Instance& instance : found.inventory.instances) {
        for (const fleet::Node& node : instance.nodes)
            if (wanted.has(node.name)) TRY(add(instance, node, first));
        const bool sentinels = wish_.sentinels || wish_.by_name || instance.nodes.empty();
        for (const fleet::Node& node : instance.sentinels)
            if (sentinels && wanted.has(node.name)) TRY(add(instance, node, first));
    }
    return {};
}

Result<void> LogSources::add(const fleet::Instance& instance, const fleet::Node& node, bool first) {
    const kube::Pod* pod = pod_of(instance, node);
    if (pod == nullptr) return {};
    std::string name = node.name, container = container_of(*pod, node);
    if (!wish_.container.empty()) {
        const std::vector<std::string> containers = container_names(*pod);
        if (std::ranges::find(containers, wish_.container) == containers.end())
            return fail(ErrorCode::not_found, fmt::format("pod {} has no container {}", node.pod, wish_.container),
                        fmt::format("there are: {}", fmt::join(containers, ", ")));
        name = fmt::format("{}/{}", node.pod, wish_.container);
        container = wish_.container;
    }
    for (LogSource& source : sources_)
        if (source.uid == node.uid && source.container == container && source.pod == node.pod) {
            source.gone = false;
            return {};
        }
    LogSource& source = sources_.emplace_back();
    source.instance = instance.full_name();
    source.ns = node.ns;
    source.name = std::move(name);
    source.pod = node.pod;
    source.uid = node.uid;
    source.container = std::move(container);
    const size_t number = merge_.add();
    start(number, first);
    return {};
}

void LogSources::start(size_t number, bool first) {
    LogSource& source = sources_[number];
    kube::LogQuestion question{source.ns, source.pod, source.container};
    question.follow = wish_.follow;
    question.previous = wish_.previous;
    if (first) {
        question.tail = wish_.tail;
        question.since_seconds = wish_.since_seconds;
    }
    question.since_time = source.last_time;
    source.taken_up_to = source.last_nanos;
    source.again_at = Deadline::never();
    source.log = std::make_unique<kube::PodLog>(client_, std::move(question));
}

bool LogSources::has_news() const {
    return std::ranges::any_of(sources_, [](const LogSource& source) {
        return (source.log && (source.log->has_lines() || source.log->ended())) || source.again_at.passed();
    });
}

Deadline LogSources::next() const {
    Deadline next = merge_.next();
    for (const LogSource& source : sources_) next = next.earlier(source.again_at);
    return next;
}

std::vector<LogSources::Line> LogSources::take(std::vector<const LogSource*>& failed) {
    for (size_t i = 0; i < sources_.size(); i++) {
        if (sources_[i].log) take_from(i, failed);
        if (sources_[i].gone) sources_[i].again_at = Deadline::never();
        if (!sources_[i].again_at.passed()) continue;
        start(i, sources_[i].last_nanos < 0);
        merge_.open(i);
    }
    std::vector<Line> lines;
    for (LogMerge::Line& one : merge_.take(SteadyClock::now()))
        lines.push_back({&sources_[one.log], std::move(one.line)});
    return lines;
}

void LogSources::take_from(size_t number, std::vector<const LogSource*>& failed) {
    LogSource& source = sources_[number];
    const TimePoint now = SteadyClock::now();
    for (kube::LogLine& line : source.log->take()) {
        if (const auto nanos = kube::nanoseconds_of(line.time)) {
            if (*nanos <= source.taken_up_to) continue;
            source.last_nanos = *nanos;
            source.last_time = line.time;
        }
        merge_.push(number, std::move(line), now);
    }
    if (!source.log->ended()) return;
    const std::optional<Error> error = source.log->error();
    source.log.reset();
    merge_.end(number);
    const bool news = error && (!source.error || source.error->message != error->message);
    source.error = error;
    if (news && !source.gone) failed.push_back(&source);
    if (wish_.follow && !source.gone && !(error && is_final(*error))) source.again_at = Deadline::after(again_after);
}

bool LogSources::ended() const {
    return std::ranges::none_of(sources_,
                                [](const LogSource& source) { return source.log || !source.again_at.is_never(); });
}

}  // namespace redisctl
