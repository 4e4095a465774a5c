#include "failover/actions.h"
#include "redis/reply_error.h"
#include "redis/sentinel_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

constexpr Millis one_answer{1'000};
constexpr Millis again_after{100};

class Telling {
  public:
    Telling(World& world, TellSentinels tell) : world_(world), tell_(std::move(tell)) {}

    Result<void> run() {
        const Deadline end = Deadline::after(Millis(tell_.timeout_ms));
        for (;;) {
            TRY(say());
            if (believe_ == tell_.words.size()) return {};
            // Those that are away hear it from the others as soon as they are back.
            const bool rest_away = believe_ + away_ == tell_.words.size();
            if (!tell_.all && rest_away && believe_ * 2 > tell_.words.size()) return {};
            if (end.passed()) break;
            TRY(world_.pause(again_after));
        }
        return fail(ErrorCode::timeout,
                    fmt::format("{} Sentinels do not name {}", tell_.all ? "some" : "most", tell_.node),
                    fmt::format("{}", fmt::join(said_, ", ")), "redisctl status");
    }

  private:
    // To all at once, and each is asked right behind it whom it names now.
    Result<void> say() {
        std::vector<Ask> asks;
        for (const TellSentinels::Word& word : tell_.words)
            asks.push_back({word.sentinel, {hello_words(tell_, word), {"SENTINEL", "MASTER", tell_.master}}});
        const std::vector<Answer> answers = world_.ask(asks, Deadline::after(one_answer));
        believe_ = away_ = 0;
        said_.clear();
        for (size_t i = 0; i < answers.size(); i++) TRY(take(tell_.words[i], answers[i]));
        return {};
    }

    Result<void> take(const TellSentinels::Word& word, const Answer& answer) {
        if (!answer) {
            away_++;
            said_.push_back(fmt::format("{}: {}", word.sentinel, answer.error().message));
            return {};
        }
        if (answer->front().is_error()) {
            Error error = redis::reply_error(answer->front(), "PUBLISH");
            error.message = fmt::format("{}: {}", word.sentinel, error.message);
            if (tell_.all) return fail(std::move(error));
            away_++;
            said_.push_back(std::move(error.message));
            return {};
        }
        TRY_ASSIGN(const redis::SentinelMaster named, redis::parse_sentinel_master((*answer)[1]));
        const int64_t port = named.port.value_or(0);
        if (named.host == word.host && port == word.port) {
            believe_++;
            return {};
        }
        said_.push_back(fmt::format("{} names {}:{}", word.sentinel, named.host, port));
        if (named.host != word.from_host || port != word.from_port)
            return fail(ErrorCode::conflict, fmt::format("{} names a third node", word.sentinel),
                        fmt::format("{}:{} in epoch {}, and {} was to be told of {}", named.host, port,
                                    named.config_epoch.value_or(0), word.sentinel, tell_.node),
                        "redisctl status");
        // Somebody has made a failover here and back since the plan was made.
        tell_.epoch = std::max(tell_.epoch, named.config_epoch.value_or(0) + 1);
        return {};
    }

    World& world_;
    TellSentinels tell_;
    size_t believe_ = 0, away_ = 0;
    std::vector<std::string> said_;
};

}  // namespace

Result<void> tell_sentinels(World& world, TellSentinels tell) {
    return Telling(world, std::move(tell)).run();
}

}  // namespace redisctl::failover
