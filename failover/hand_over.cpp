#include "failover/actions.h"
#include "failover/conditions.h"
#include "redis/node_view.h"
#include "redis/reply_error.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

using redis::NodeView;
using redis::Role;
using redis::Value;

constexpr Millis one_answer{1'000};       // to each question on the way
constexpr Millis one_word{100};           // to what is said behind it
constexpr Millis grace{2'000};            // behind the server's own TIMEOUT, for the handshake
constexpr Millis dead_after{3'000};       // connections refused for so long: the process is gone
constexpr Millis silent_at_most{10'000};  // then we stop waiting for a node that does not say what it is
constexpr Millis held_writes{10'000};     // while we look twice at the target
constexpr const char* gave_up = "GAVE_UP";

Error unsure(std::string message, std::string cause) {
    return Error{ErrorCode::timeout, std::move(message), std::move(cause), "redisctl resume", std::string(uncertain)};
}

class Supervision {
  public:
    Supervision(World& world, HandOver over, Readings& readings)
        : world_(world), over_(std::move(over)), readings_(readings) {}

    Result<void> run() {
        TRY(supervise());
        std::vector<Ask> words;
        for (const Send::To& to : over_.behind.to) words.push_back({to.node, to.commands});
        if (!words.empty()) (void)world_.ask(words, Deadline::after(one_word));
        return {};
    }

    Result<void> take_back() {
        look(true);
        if (!*old_)
            return fail(
                unsure(fmt::format("{} does not say whether it hands over", over_.from), old_->error().message));
        const std::string& state = (*old_)->failover_state;
        if (!promoted_ && (state.empty() || state == "no-failover")) return {};
        if (!promoted_) {
            const Result<void> aborted = abort_safely();
            if (!aborted && aborted.error().reason == gave_up) return {};
            if (!aborted) return aborted;
        }
        return fail(ErrorCode::conflict, fmt::format("{} was promoted all the same", over_.to), {}, "redisctl resume");
    }

  private:
    Result<void> supervise() {
        started_ = SteadyClock::now();
        readings_.window_opened = started_;
        TRY(start());
        Millis interval(1);
        while (true) {
            if (promoted_) return {};
            TRY(judge());
            if (promoted_) return {};
            (void)world_.pause(interval);
            // The first look at the old master can wait: nearly always the replica is promoted within milliseconds.
            const bool early = since(started_) < Millis(50);
            if (!early) interval = std::min(interval * 2, Millis(20));
            look(!early);
        }
    }

    static Millis since(TimePoint point) { return std::chrono::duration_cast<Millis>(SteadyClock::now() - point); }

    Ask question() const {
        Ask ask{over_.to, {{"REPLCONF", "GETACK", "*"}, {"ROLE"}}};
        // Refused with READONLY until the moment of the promotion, so the first OK is the first write.
        if (!over_.probe_key.empty()) ask.requests.push_back(probe_words(over_.probe_key));
        return ask;
    }

    Result<void> start() {
        const Words failover{
            "FAILOVER", "TO", over_.host, std::to_string(over_.port), "TIMEOUT", std::to_string(over_.timeout_ms)};
        const std::vector<Ask> asks{{over_.from, {failover}}, question()};
        std::vector<Answer> answers = world_.ask(asks, Deadline::after(one_answer));
        // Under way already: the run that began it was killed.
        if (answers[0] && answers[0]->front().is_error() &&
            answers[0]->front().text.find("already in progress") == std::string::npos)
            return fail(redis::reply_error(answers[0]->front(), "FAILOVER"));
        // Without an answer it may have started; what the two say from now on decides.
        if (!answers[0]) unanswered_ = answers[0].error().message;
        take_target(answers[1]);
        return {};
    }

    void look(bool at_old) {
        std::vector<Ask> asks{question()};
        if (at_old) asks.push_back({over_.from, redis::node_view_requests()});
        std::vector<Answer> answers = world_.ask(asks, Deadline::after(one_answer));
        take_target(answers[0]);
        if (at_old) old_ = answers[1] ? redis::parse_node_view(*answers[1]) : fail(answers[1].error());
    }

    void take_target(const Answer& answer) {
        target_role_ = Role::unknown;
        if (!answer) {
            if (!target_silent_since_) target_silent_since_ = SteadyClock::now();
            target_refuses_ = answer.error().code == ErrorCode::unreachable;
            return;
        }
        target_silent_since_.reset();
        const Value& role = answer->front();
        if (!role.elements.empty()) target_role_ = role.elements[0].text == "master" ? Role::master : Role::replica;
        promoted_ = target_role_ == Role::master;
        const bool written = answer->size() > 1 && (*answer)[1].text == "OK" && !(*answer)[1].is_error();
        if (written && !readings_.first_write) readings_.first_write = SteadyClock::now();
        promoted_ = promoted_ || written;
    }

    // Errors end the supervision.
    Result<void> judge() {
        if (!old_) return {};
        const Result<NodeView>& old = *old_;
        const Millis limit = Millis(over_.timeout_ms) + grace;
        if (!old) {
            if (since(started_) < limit) return {};
            return fail(unsure(fmt::format("{} does not answer since the hand-over began", over_.from),
                               fmt::format("{}; {} is still a replica", old.error().message, over_.to)));
        }
        const bool ended = old->role == Role::master && (old->failover_state == "no-failover");
        if (ended && target_role_ == Role::replica)
            return fail(Error{ErrorCode::server, fmt::format("{} gave up the hand-over", over_.from),
                              !unanswered_.empty()
                                  ? fmt::format("it may never have been told to: {}", unanswered_)
                                  : fmt::format("{} had not acknowledged all within {} ms, or refused the old master",
                                                over_.to, over_.timeout_ms),
                              fmt::format("redisctl replica-lag; then again, or with a longer --handover-timeout"),
                              gave_up});
        // Its own TIMEOUT does not hold where another run, or somebody else, began it.
        const bool under_way = !old->failover_state.empty() && old->failover_state != "no-failover";
        const bool stuck =
            under_way && since(started_) > (old->failover_state == "failover-in-progress" ? grace : limit);
        if (!under_way && old->role == Role::replica && target_role_ == Role::replica && since(started_) > limit)
            return fail(
                unsure(fmt::format("{} follows another master now", over_.from),
                       fmt::format("it is a replica of {}, and {} was not promoted", old->master_host, over_.to)));
        if (stuck && target_role_ == Role::replica) return abort_safely();
        if (!target_silent_since_ || target_role_ != Role::unknown) return {};
        // The old one has done its part: that the target took over only the target can say, and nobody hears it.
        if (!under_way && old->role == Role::replica && since(*target_silent_since_) > silent_at_most)
            return fail(unsure(fmt::format("{} does not say whether it was promoted", over_.to),
                               fmt::format("it does not answer; {} is a replica of {}:{}, its link is {}", over_.from,
                                           old->master_host, old->master_port.value_or(0),
                                           old->link_up.value_or(false) ? "up" : "down")));
        if (ended && since(started_) > limit)
            // The old master is master as before, whatever has become of the other.
            return fail(Error{ErrorCode::server, fmt::format("{} gave up the hand-over", over_.from),
                              fmt::format("{} does not answer", over_.to), "redisctl status", gave_up});
        if (stuck && target_refuses_ && since(*target_silent_since_) > dead_after) return abort_safely();
        if (stuck && since(*target_silent_since_) > silent_at_most)
            return fail(unsure(fmt::format("{} does not say whether it was promoted", over_.to),
                               fmt::format("it does not answer, and {} waits for it: writes wait too", over_.from)));
        return {};
    }

    // The server has no limit for this state. Writes stay held while we look whether the promotion came through after
    // all, so that at no time two masters take writes.
    Result<void> abort_safely() {
        const std::string waiting =
            old_ && *old_ && (*old_)->failover_state == "waiting-for-sync" ? (*old_)->replid : std::string();
        const Words pause{"CLIENT", "PAUSE", std::to_string(held_writes.count()), "WRITE"};
        const std::vector<Ask> abort{{over_.from, {{"MULTI"}, {"FAILOVER", "ABORT"}, pause, {"EXEC"}}}};
        const std::vector<Answer> aborted = world_.ask(abort, Deadline::after(one_answer));
        if (!aborted[0])
            return fail(
                unsure(fmt::format("{} did not answer to FAILOVER ABORT", over_.from), aborted[0].error().message));
        look(true);
        // One that aborts when it has told the replica to take over begins a history of its own.
        const bool never_told = !waiting.empty() && *old_ && (*old_)->role == Role::master &&
                                (*old_)->failover_state == "no-failover" && (*old_)->replid == waiting;
        if (promoted_) {
            const Words follow{"REPLICAOF", over_.host, std::to_string(over_.port)};
            const std::vector<Ask> demote{{over_.from, {{"MULTI"}, follow, {"CLIENT", "UNPAUSE"}, {"EXEC"}}}};
            (void)world_.ask(demote, Deadline::after(one_answer));
            return {};
        }
        if (target_role_ == Role::unknown && !target_refuses_ && !never_told)
            return fail(unsure(fmt::format("{} does not say whether it was promoted", over_.to),
                               fmt::format("writes on {} are held for {} s", over_.from, held_writes.count() / 1000)));
        const std::vector<Ask> unpause{{over_.from, {{"CLIENT", "UNPAUSE"}}}};
        (void)world_.ask(unpause, Deadline::after(one_answer));
        return fail(Error{ErrorCode::server, fmt::format("the hand-over to {} hung and was taken back", over_.to),
                          fmt::format("{} did not take it over within {} s", over_.to, grace.count() / 1000),
                          "redisctl status", gave_up});
    }

    World& world_;
    const HandOver over_;
    Readings& readings_;
    TimePoint started_{};
    std::string unanswered_;  // why FAILOVER was not answered
    std::optional<Result<NodeView>> old_;
    Role target_role_ = Role::unknown;
    bool promoted_ = false, target_refuses_ = false;
    std::optional<TimePoint> target_silent_since_;
};

}  // namespace

Result<void> take_back(World& world, const TakeBack& back) {
    Readings none;
    return Supervision(world, HandOver{back.from, back.to, back.host, back.port, 0, {}, {}}, none).take_back();
}

Result<void> hand_over(World& world, const HandOver& over, Readings& readings) {
    return Supervision(world, over, readings).run();
}

}  // namespace redisctl::failover
