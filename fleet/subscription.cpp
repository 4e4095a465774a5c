#include "fleet/subscription.h"

#include "redis/reply_error.h"

#include <fmt/core.h>

#include <utility>

namespace redisctl::fleet {

namespace {

// A line that broke in silence is found out within twice of this.
constexpr Millis silence{3'000};

// MONITOR tells of our own commands too: by this one they are known.
constexpr std::string_view are_you_there = "redisctl:are-you-there";

redis::Request request_for(Topic topic) {
    return topic == Topic::published ? redis::Request{"PSUBSCRIBE", "*"} : redis::Request{"MONITOR"};
}

// pmessage, the pattern, the channel, the message; or one line. Else it is an answer.
std::optional<Told> told_by(redis::Value& reply, Topic topic, TimePoint now) {
    using Type = redis::Value::Type;
    if (topic == Topic::commands) {
        if (reply.type != Type::status || reply.text.find(are_you_there) != std::string::npos) return std::nullopt;
        return Told{{}, std::move(reply.text), now};
    }
    if (reply.elements.size() != 4 || reply.elements[0].text != "pmessage") return std::nullopt;
    return Told{std::move(reply.elements[2].text), std::move(reply.elements[3].text), now};
}

}  // namespace

Subscription::Subscription(Node node, Dialer& dialer, Keyring& keyring, const std::string& client_name,
                           Millis connect_timeout)
    : node_(std::move(node)),
      dialer_(dialer),
      line_(node_, dialer, keyring, client_name, Deadline::after(connect_timeout), *this) {
    ended_ = node_.not_running;
    dialer_.loop().add(*this);
}

Subscription::~Subscription() {
    dialer_.loop().remove(*this);
}

net::Interest Subscription::interest() const {
    return ended_ ? net::Interest{} : line_.interest();
}

Deadline Subscription::deadline() const {
    if (ended_) return Deadline::never();
    return subscribed_ ? ask_at_ : line_.connect_deadline();
}

void Subscription::advance() {
    if (ended_) return;
    if (const Result<void> moved = move(); !moved) {
        ended_ = moved.error();
        line_.close();
    }
}

Result<void> Subscription::move() {
    const std::vector<redis::Request> ping{{"PING"}};
    const Result<void> pumped = line_.pump(ping);
    // What came before the end of the stream counts.
    if (line_.connection() && !line_.in.empty()) TRY(talking_ ? hear() : greet());
    TRY(pumped);
    return keep_alive();
}

Result<void> Subscription::greet() {
    auto& connection = line_.connection();
    TRY(connection->feed(line_.in));
    if (!connection->complete()) return {};
    if (const redis::Value reply = connection->take().front(); reply.is_error())
        return fail(redis::reply_error(reply, "PING"));
    talking_ = true;
    line_.out += redis::encode(request_for(topic_));
    return line_.pump();
}

Result<void> Subscription::hear() {
    decoder_.feed(line_.in);
    line_.in.clear();
    ask_at_ = Deadline::after(silence);
    asked_ = false;
    const TimePoint now = SteadyClock::now();
    for (;;) {
        TRY_ASSIGN(std::optional<redis::Value> heard, decoder_.next());
        if (!heard) return {};
        if (heard->is_error() && !subscribed_)
            return fail(redis::reply_error(*heard, request_for(topic_).front()));
        // The first is that it subscribed.
        if (!std::exchange(subscribed_, true)) continue;
        if (std::optional<Told> told = told_by(*heard, topic_, now)) news_.push_back(std::move(*told));
    }
}

Result<void> Subscription::keep_alive() {
    if (!subscribed_) {
        if (!line_.connect_deadline().passed()) return {};
        return fail(Error{
            ErrorCode::timeout, fmt::format("{} did not take a subscription in time", node_.name), {}, {}, "TIMEOUT"});
    }
    if (!ask_at_.passed()) return {};
    if (asked_)
        return fail(
            Error{ErrorCode::timeout, fmt::format("{} has been silent for too long", node_.name), {}, {}, "NO_ANSWER"});
    asked_ = true;
    ask_at_ = Deadline::after(silence);
    line_.out += redis::encode({"PING", std::string(are_you_there)});
    return line_.pump();
}

}  // namespace redisctl::fleet
