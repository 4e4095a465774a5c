#include "commands/watch_timeline.h"

#include "base/json_values.h"
#include "base/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t lines_shown = 15;

// RFC 3339, of a moment of the steady clock that is `from_epoch` behind the wall's.
std::string time_of(TimePoint at, std::chrono::nanoseconds from_epoch) {
    using namespace std::chrono;
    const system_clock::time_point then(floor<microseconds>(at.time_since_epoch() + from_epoch));
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(system_clock::to_time_t(floor<seconds>(then))),
                       duration_cast<microseconds>(then - floor<seconds>(then)).count());
}

std::string shown(const std::string& text) {
    return text.empty() ? "-" : printable(text);
}

std::string seconds(Millis time) {
    return fmt::format("{:.3f} s", static_cast<double>(time.count()) / 1000);
}

std::string phases_text(const SwitchClock::Settled& settled) {
    std::vector<std::string> words;
    for (const std::string_view phase : switch_phases)
        if (const auto found = settled.phases.find(std::string(phase)); found != settled.phases.end())
            words.push_back(fmt::format("{} {}", phase, seconds(found->second)));
    return fmt::format("{}", fmt::join(words, ", "));
}

// "21:04:07.512  redis  redis-1  role: replica -> master  (after 1.4 s)"
// "21:04:07.498  redis  redis-1  sentinel-0: +switch-master  (0.812 s since the first sign)"
std::string line_of(const std::string& time, const WatchNews& news, std::optional<Millis> held,
                    std::optional<Millis> since, const SwitchClock::Settled* settled) {
    std::string line = fmt::format("{}  {}  ", time.substr(11, 12), printable(news.instance));
    if (!news.subject.empty()) line += printable(news.subject) + "  ";
    if (!news.channel.empty()) {
        line += fmt::format("{}: {}", printable(news.by), printable(news.channel));
        if (news.subject.empty()) line += " " + printable(news.text);
    } else {
        line += news.event + ":";
    }
    if (news.channel.empty() || !news.to.empty()) line += fmt::format(" {} -> {}", shown(news.from), shown(news.to));
    if (settled != nullptr)
        line += fmt::format("  ({})", phases_text(*settled));
    else if (held)
        line += fmt::format("  (after {:.1f} s)", static_cast<double>(held->count()) / 1000);
    else if (since)
        line += fmt::format("  ({} since the first sign)", seconds(*since));
    return line;
}

Json phases_json(const SwitchClock::Settled* settled) {
    if (settled == nullptr) return nullptr;
    Json out = Json::object();
    for (const std::string_view phase : switch_phases) {
        const auto found = settled->phases.find(std::string(phase));
        out[std::string(phase) + "Ms"] = found == settled->phases.end() ? Json(nullptr) : Json(found->second.count());
    }
    return out;
}

}  // namespace

Result<void> WatchTimeline::tell(std::vector<WatchNews> news) {
    read_clocks();
    std::stable_sort(news.begin(), news.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    for (const WatchNews& one : news) {
        std::optional<Millis> since;
        if (!one.instance.empty()) since = clocks_[one.instance].take(one);
        TRY(tell_one(one, since));
    }
    return {};
}

Result<void> WatchTimeline::settle(const topology::Picture& picture, TimePoint look_began) {
    const TimePoint now = SteadyClock::now();
    const auto settled = clocks_[picture.full_name()].settle(picture, look_began, now);
    if (!settled) return {};
    read_clocks();
    return tell_one({picture.full_name(), "settled", "", settled->from, settled->to, now}, settled->phases.at("agreed"),
                    &*settled);
}

void WatchTimeline::read_clocks() {
    from_epoch_ = std::chrono::system_clock::now().time_since_epoch() - SteadyClock::now().time_since_epoch();
}

Result<void> WatchTimeline::tell_one(const WatchNews& news, std::optional<Millis> since,
                                     const SwitchClock::Settled* settled) {
    std::optional<Millis> held;
    if (news.channel.empty() && settled == nullptr) {
        const Key key{news.instance, news.event, news.subject};
        if (const auto before = since_.find(key); before != since_.end())
            held = std::chrono::duration_cast<Millis>(news.at - before->second);
        since_[key] = news.at;
    }
    const std::string time = time_of(news.at, from_epoch_);
    if (live_) {
        lines_.push_back(line_of(time, news, held, since, settled));
        if (lines_.size() > lines_shown) lines_.pop_front();
        return {};
    }
    Json event{{"apiVersion", "redisctl/v1"}, {"kind", "WatchEvent"}};
    event["seq"] = ++seq_;
    event["time"] = time;
    event["instance"] = text_or_null(news.instance);
    event["event"] = news.event;
    event["subject"] = text_or_null(news.subject);
    event["from"] = text_or_null(news.from);
    event["to"] = text_or_null(news.to);
    event["heldMs"] = held ? Json(held->count()) : Json(nullptr);
    event["sinceMs"] = since ? Json(since->count()) : Json(nullptr);
    event["by"] = text_or_null(news.by);
    event["channel"] = text_or_null(news.channel);
    event["text"] = text_or_null(news.text);
    event["phases"] = phases_json(settled);
    return output_.print_line(event);
}

}  // namespace redisctl
