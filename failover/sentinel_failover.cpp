#include "failover/actions.h"
#include "redis/info_fields.h"
#include "redis/reply_error.h"
#include "redis/sentinel_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace redisctl::failover {

namespace {

using redis::Value;

constexpr Millis one_answer{1'000};
// A Sentinel that promotes closes our connection too (CLIENT KILL), and a port-forward tells of that a second later
// only: containerd waits so long for the other direction. What does not answer in ten times its usual time, and in this
// time at least, is asked anew on another connection.
constexpr Millis usual_answer{100};
constexpr Millis look_every{2};
// A Sentinel's clock ticks ten times a second; it is asked how far it is as often.
constexpr Millis ask_sentinel_every{100};
constexpr Millis next_tick{1'000};  // and much more than that
// Connections refused for so long: its process is gone.
constexpr Millis gone_after{2'000};
// What is measured is not known better than that: longer without a connection, and it is not said.
constexpr Millis unseen_at_most{100};
// Behind failover-timeout, after which the Sentinel itself gives up (redis src/sentinel.c sentinelFailoverTimeout …).
constexpr Millis grace{5'000};

bool is_master(const Answer& answer) {
    return answer && !answer->front().elements.empty() && answer->front().elements[0].text == "master";
}

Error unsure(std::string message, std::string cause) {
    return Error{ErrorCode::timeout, std::move(message), std::move(cause), "redisctl resume", std::string(uncertain)};
}

class Watch {
  public:
    Watch(World& world, const SentinelFailover& failover, Readings& readings)
        : world_(world), failover_(failover), readings_(readings) {}

    Result<void> run() {
        TRY(start());
        TimePoint ask_at = started_ + ask_sentinel_every;
        for (;;) {
            look(patience_);
            if (promoted_) return {};
            TRY(judge_hand_over());
            refuse_what_is_held();
            if (SteadyClock::now() >= ask_at) {
                TRY(ask_sentinel());
                ask_at = SteadyClock::now() + ask_sentinel_every;
            }
            (void)world_.pause(look_every);
        }
    }

  private:
    Result<void> start() {
        started_ = looked_at_ = before_ = SteadyClock::now();
        // We were stopped, or slow: what is behind the pause would be lost.
        if (pause_is_old())
            return fail(ErrorCode::timeout, fmt::format("the pause of {} is nearly over", failover_.from),
                        fmt::format("{} ms of it were to be left", failover_.held_ms), "redisctl status");
        Ask ask{failover_.sentinel, {{"SENTINEL", "FAILOVER", failover_.master}}};
        if (failover_.coordinated) ask.requests.front().push_back("COORDINATED");
        const std::vector<Answer> answers = world_.ask(std::span(&ask, 1), Deadline::after(one_answer));
        if (!answers[0] && !may_have_arrived(answers[0].error())) return fail(answers[0].error());
        unanswered_ = !answers[0];
        // Without an answer it may have begun, and INPROG is what the run before this one began: the nodes tell.
        if (answers[0] && answers[0]->front().is_error() && answers[0]->front().error_word() != "INPROG")
            return refused(redis::reply_error(answers[0]->front(), "SENTINEL FAILOVER"));
        return {};
    }

    // They may have made a failover of their own meanwhile, of the only one that they were left or of another.
    Result<void> refused(Error why) {
        look();
        if (promoted_) return {};
        Result<void> other = silent_ ? Result<void>{} : gave_up();
        if (!other && other.error().reason == uncertain) return other;
        return fail(std::move(why));
    }

    void look(Millis patience = one_answer) {
        const TimePoint now = SteadyClock::now();
        // Refused with READONLY until the moment of the promotion, so the first OK is the first write.
        std::vector<Ask> asks{{failover_.to, {{"ROLE"}}}};
        std::vector<Words>& requests = asks.front().requests;
        if (!failover_.probe_key.empty()) requests.push_back(probe_words(failover_.probe_key));
        if (failover_.coordinated) {
            requests.push_back({"REPLCONF", "GETACK", "*"});
            asks.push_back({failover_.from, {{"INFO", "replication"}}});
        }
        const std::vector<Answer> answers = world_.ask(asks, Deadline::after(patience));
        if (failover_.coordinated) take_master(answers[1], now);
        const Answer& target = answers.front();
        silent_ = !target;
        const auto took = std::chrono::duration_cast<Millis>(SteadyClock::now() - now);
        patience_ = target ? std::clamp(10 * took, usual_answer, one_answer) : std::min(2 * patience_, one_answer);
        if (!target) return;
        const bool written =
            !failover_.probe_key.empty() && target->size() > 1 && (*target)[1].type == Value::Type::status;
        if (written && !readings_.first_write) readings_.first_write = SteadyClock::now();
        promoted_ = is_master(target) || written;
        // A Sentinel that promotes closes our connection too, and a new one can take long.
        readings_.first_write_unseen = promoted_ && SteadyClock::now() - looked_at_ > unseen_at_most;
        looked_at_ = SteadyClock::now();
    }

    void take_master(const Answer& answer, TimePoint asked) {
        if (!answer) return;
        const auto info = redis::read_info(answer->front(), "replication");
        if (!info) return;
        const bool was_at_it = at_it_;
        const std::string state = redis::text_of(*info, "master_failover_state");
        at_it_ = redis::text_of(*info, "role") != "master" || state != "no-failover";
        not_told_ = state == "waiting-for-sync";
        if (at_it_ && !readings_.window_opened) readings_.window_opened = before_;
        ended_ = was_at_it && !at_it_;
        if (!at_it_) before_ = asked;
    }

    // The server itself waits for as long as the Sentinel's failover-timeout, and all writes with it.
    Result<void> judge_hand_over() {
        if (!failover_.coordinated || !readings_.window_opened) return {};
        // What it was told only it can say.
        if (silent_ && !not_told_) return {};
        const auto held = SteadyClock::now() - *readings_.window_opened;
        const bool hangs = at_it_ && held > Millis(failover_.held_ms);
        if (!hangs && !ended_) return {};
        return fail(Error{ErrorCode::server,
                          ended_ ? fmt::format("{} gave up the hand-over", failover_.from)
                                 : fmt::format("the hand-over to {} hangs", failover_.to),
                          fmt::format("{} did not take it over within {} ms", failover_.to, failover_.held_ms),
                          "redisctl replica-lag; then again, or with a longer --handover-timeout",
                          {}});
    }

    bool pause_is_old() const {
        return !failover_.refuse.empty() && readings_.window_opened &&
               SteadyClock::now() - *readings_.window_opened > Millis(failover_.held_ms);
    }

    // Late, but not too late: from here on writers are refused, without a timer.
    void refuse_what_is_held() {
        if (refuses_ || !pause_is_old()) return;
        const Ask ask{failover_.from, failover_.refuse};
        const std::vector<Answer> answers = world_.ask(std::span(&ask, 1), Deadline::after(one_answer));
        refuses_ = answers[0] && std::none_of(answers[0]->begin(), answers[0]->end(),
                                              [](const Value& reply) { return reply.is_error(); });
    }

    // Errors end the watch. As long as a promotion can still come the old master stays fenced, however late it is.
    Result<void> ask_sentinel() {
        const Ask ask{failover_.sentinel, {{"SENTINEL", "MASTER", failover_.master}}};
        const std::vector<Answer> answers = world_.ask(std::span(&ask, 1), Deadline::after(one_answer));
        const auto master = answers[0] ? redis::parse_sentinel_master(answers[0]->front()) : fail(answers[0].error());
        if (master) {
            limit_ = Millis(master->failover_timeout_ms.value_or(180'000)) + grace;
            if (redis::has_flag(master->flags, "failover_in_progress")) {
                begun_ = true;
                calm_since_.reset();
                return {};
            }
            if (!calm_since_) calm_since_ = SteadyClock::now();
            // Not begun yet: its next tick does it. One that had stopped reads what we said before, or behind, what we
            // ask now.
            if (!begun_ && since_start() < next_tick) return {};
            if (unanswered_ && SteadyClock::now() - *calm_since_ < next_tick) return {};
            look();
            if (promoted_) return {};
            return gave_up();
        }
        // A forced failover is nobody's but its own: when its process is gone it is over.
        if (may_have_arrived(master.error()))
            refused_since_.reset();
        else if (!refused_since_)
            refused_since_ = SteadyClock::now();
        if (refused_since_ && SteadyClock::now() - *refused_since_ > gone_after) {
            look();
            return promoted_ ? Result<void>{} : gave_up();
        }
        if (since_start() < limit_) return {};
        return fail(unsure(fmt::format("nobody tells whether {} is promoted", failover_.to), master.error().message));
    }

    Result<void> gave_up() {
        std::vector<Ask> asks;
        for (const std::string& node : failover_.others) asks.push_back({node, {{"ROLE"}}});
        const std::vector<Answer> answers = world_.ask(asks, Deadline::after(one_answer));
        for (size_t i = 0; i < answers.size(); i++)
            if (is_master(answers[i]))
                return fail(unsure(fmt::format("Sentinel {} promoted {}, not {}", failover_.sentinel,
                                               failover_.others[i], failover_.to),
                                   failover_.from.empty()
                                       ? "it found that one better"
                                       : fmt::format("{} stays fenced: its writes would be lost", failover_.from)));
        if (silent_)
            return fail(unsure(fmt::format("{} does not say whether it was promoted", failover_.to),
                               fmt::format("Sentinel {} is at its failover no more", failover_.sentinel)));
        return fail(Error{ErrorCode::server,
                          fmt::format("Sentinel {} gave the failover up", failover_.sentinel),
                          fmt::format("{} was not promoted", failover_.to),
                          "redisctl status",
                          {}});
    }

    Millis since_start() const { return std::chrono::duration_cast<Millis>(SteadyClock::now() - started_); }

    World& world_;
    const SentinelFailover& failover_;
    Readings& readings_;
    TimePoint started_{};
    std::optional<TimePoint> refused_since_, calm_since_;
    bool unanswered_ = false;                 // SENTINEL FAILOVER itself
    Millis limit_ = Millis(180'000) + grace;  // failover-timeout's default
    Millis patience_ = one_answer;  // until it is known how fast it answers
    bool promoted_ = false, begun_ = false, silent_ = false, refuses_ = false;
    TimePoint looked_at_{};  // when the replica last answered
    // Of a coordinated one: is the old master at the hand-over, and was it, and is not any more, as a master?
    bool at_it_ = false, not_told_ = false, ended_ = false;
    TimePoint before_{};  // when it was last seen at none
};

class Agreement {
  public:
    Agreement(World& world, const SentinelsAgree& agree) : world_(world), agree_(agree) {}

    Result<void> run() {
        const Deadline end = Deadline::after(tries * Millis(agree_.patience_ms));
        for (Deadline tell_at = Deadline::after(Millis(agree_.patience_ms));;) {
            ask();
            // The one that promoted is the last to say so: its failover ends when the replicas follow.
            const bool most = agreeing_ * 2 > agree_.sentinels.size();
            if (most && (said_.empty() || tell_at.passed())) return {};
            if (end.passed()) break;
            if (tell_at.passed() && !other_.empty()) {
                const Ask again{other_, {{"SENTINEL", "FAILOVER", agree_.master}}};
                (void)world_.ask(std::span(&again, 1), Deadline::after(one_answer));
                tell_at = Deadline::after(Millis(agree_.patience_ms));
            }
            TRY(world_.pause(ask_sentinel_every));
        }
        return fail(ErrorCode::timeout, fmt::format("most Sentinels do not name {}", agree_.node),
                    fmt::format("{}", fmt::join(said_, ", ")), "redisctl status");
    }

  private:
    static constexpr int64_t tries = 4;

    void ask() {
        std::vector<Ask> asks;
        for (const std::string& sentinel : agree_.sentinels)
            asks.push_back({sentinel, {{"SENTINEL", "MASTER", agree_.master}}});
        const std::vector<Answer> answers = world_.ask(asks, Deadline::after(one_answer));
        agreeing_ = 0;
        other_.clear();
        said_.clear();
        for (size_t i = 0; i < answers.size(); i++) {
            const auto master = answers[i] ? redis::parse_sentinel_master(answers[i]->front())
                                           : Result<redis::SentinelMaster>(fail(answers[i].error()));
            if (!master) {
                said_.push_back(fmt::format("{}: {}", agree_.sentinels[i], master.error().message));
                continue;
            }
            const std::string address = fmt::format("{}:{}", master->host, master->port.value_or(0));
            const bool busy = redis::has_flag(master->flags, "failover_in_progress");
            const auto& own = agree_.addresses;
            if (!busy && std::find(own.begin(), own.end(), address) != own.end()) {
                agreeing_++;
                continue;
            }
            said_.push_back(
                fmt::format("{} {} {}", agree_.sentinels[i], busy ? "is at its failover of" : "says", address));
            if (!busy && other_.empty()) other_ = agree_.sentinels[i];
        }
    }

    World& world_;
    const SentinelsAgree& agree_;
    size_t agreeing_ = 0;
    std::string other_;  // names another node, and is at no failover
    std::vector<std::string> said_;
};

}  // namespace

Result<void> sentinel_failover(World& world, const SentinelFailover& failover, Readings& readings) {
    return Watch(world, failover, readings).run();
}

Result<void> sentinels_agree(World& world, const SentinelsAgree& agree) {
    return Agreement(world, agree).run();
}

}  // namespace redisctl::failover
