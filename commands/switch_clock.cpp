#include "commands/switch_clock.h"

#include "redis/sentinel_view.h"

#include <algorithm>
#include <array>
#include <utility>

namespace redisctl {

namespace {

// Which word of a Sentinel is which phase. Several Sentinels say the same: the first counts.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> told{{{"+sdown", "sdown"},
                                                                             {"+odown", "odown"},
                                                                             {"+try-failover", "tryFailover"},
                                                                             {"+elected-leader", "elected"},
                                                                             {"+switch-master", "switchMaster"},
                                                                             {"+failover-end", "failoverEnd"}}};

bool sees_trouble(const topology::Picture& picture) {
    return std::any_of(picture.sentinels.begin(), picture.sentinels.end(),
                       [](const topology::SentinelPicture& sentinel) {
                           return sentinel.view && sentinel.master &&
                                  (redis::has_flag(sentinel.master->flags, "s_down") ||
                                   redis::has_flag(sentinel.master->flags, "o_down") ||
                                   redis::has_flag(sentinel.master->flags, "failover_in_progress"));
                       });
}

}  // namespace

std::optional<Millis> SwitchClock::take(const WatchNews& news) {
    std::string_view phase;
    if (news.event == "sentinel" && news.about_master) {
        for (const auto& [channel, name] : told)
            if (news.channel == channel) phase = name;
    } else if (news.event == "role" || news.event == "label" || news.event == "endpoints") {
        phase = news.event;
    }
    const bool by_sentinel = news.event == "sentinel";
    const bool is_sign = (by_sentinel && !phase.empty() && phase != "failoverEnd") || news.event == "masters" ||
                         news.event == "master" ||
                         (news.event == "role" && (news.from == "master" || news.to == "master"));
    if (!began_) {
        if (!is_sign) return std::nullopt;
        began_ = news.at;
        phases_.clear();
    }
    if (by_sentinel)
        last_told_ = std::max(last_told_, news.at);
    else if (news.event == "masters" && news.to.empty())
        none_since_ = news.at;
    else if (news.event == "masters" && none_since_)
        phases_["noMaster"] += std::chrono::duration_cast<Millis>(news.at - *std::exchange(none_since_, std::nullopt));
    if (!phase.empty()) {
        // What looks tell is done when the last one is done.
        if (by_sentinel)
            phases_.try_emplace(std::string(phase), since(news.at));
        else
            phases_[std::string(phase)] = since(news.at);
    }
    return since(news.at);
}

std::optional<SwitchClock::Settled> SwitchClock::settle(const topology::Picture& picture, TimePoint look_began,
                                                        TimePoint now) {
    const bool over = began_ && !picture.master.empty() && last_told_ < look_began && !sees_trouble(picture);
    if (!over) {
        if (!began_) master_ = picture.master;
        return std::nullopt;
    }
    phases_.try_emplace("noMaster", Millis(0));
    phases_["agreed"] = since(now);
    Settled settled{master_, picture.master, std::exchange(phases_, {})};
    master_ = picture.master;
    began_.reset();
    none_since_.reset();
    return settled;
}

}  // namespace redisctl
