#include "fleet/subscription.h"

#include "redis/reply_error.h"

#include <fmt/core.h>

#include <utility>

namespace redisctl::fleet {

namespace {

// A line that broke in silence is found out within twice of this.
constexpr Millis silence{3'000};

}  // namespace

Subscription::Subscription(Node node, Dialer& dialer, Keyring& keyring, const std::string& client_name,
                           Millis connect_timeout)
    : node_(std::move(node)),
      dialer_(dialer),
      keyring_(keyring),
      client_name_(client_name),
      connect_deadline_(Deadline::after(connect_timeout)) {
    ended_ = node_.not_running;
    dialer_.loop().add(*this);
}

Subscription::~Subscription() {
    keyring_.forget(*this);
    dialer_.loop().remove(*this);
}

net::Interest Subscription::interest() const {
    return ended_ || !stream_ ? net::Interest{} : stream_->interest(!out_.empty());
}

Deadline Subscription::deadline() const {
    if (ended_) return Deadline::never();
    return subscribed_ ? ask_at_ : connect_deadline_;
}

void Subscription::advance() {
    if (ended_) return;
    if (const Result<void> moved = move(); !moved) {
        ended_ = moved.error();
        stream_.reset();
    }
}

Result<void> Subscription::move() {
    if (!stream_) {
        const auto tls = keyring_.tls(node_, *this);
        if (!tls) return {};
        TRY(*tls);
        stream_ = dialer_.dial(node_, **tls, connect_deadline_);
        stream_->set_owner(this);
    }
    if (!connection_) {
        if (const auto login = keyring_.login(node_, *this)) {
            TRY(*login);
            connection_.emplace(**login, client_name_);
            const std::vector<redis::Request> ping{{"PING"}};
            connection_->ask(ping, out_);
        }
    }
    const Result<void> pumped = stream_->pump(out_, in_);
    // What came before the end of the stream counts.
    if (connection_ && !in_.empty()) TRY(talking_ ? hear() : greet());
    TRY(pumped);
    return keep_alive();
}

Result<void> Subscription::greet() {
    TRY(connection_->feed(in_));
    if (!connection_->complete()) return {};
    if (const redis::Value reply = connection_->take().front(); reply.is_error())
        return fail(redis::reply_error(reply, "PING"));
    talking_ = true;
    out_ += redis::encode({"PSUBSCRIBE", "*"});
    return stream_->pump(out_, in_);
}

Result<void> Subscription::hear() {
    decoder_.feed(in_);
    in_.clear();
    ask_at_ = Deadline::after(silence);
    asked_ = false;
    const TimePoint now = SteadyClock::now();
    for (;;) {
        TRY_ASSIGN(std::optional<redis::Value> heard, decoder_.next());
        if (!heard) return {};
        if (heard->is_error()) return fail(redis::reply_error(*heard, "PSUBSCRIBE"));
        // The first is that it subscribed; later ones are pongs, or: pmessage, the pattern, the channel, the message
        subscribed_ = true;
        if (heard->elements.size() != 4 || heard->elements[0].text != "pmessage") continue;
        news_.push_back({std::move(heard->elements[2].text), std::move(heard->elements[3].text), now});
    }
}

Result<void> Subscription::keep_alive() {
    if (!subscribed_) {
        if (!connect_deadline_.passed()) return {};
        return fail(Error{
            ErrorCode::timeout, fmt::format("{} did not take a subscription in time", node_.name), {}, {}, "TIMEOUT"});
    }
    if (!ask_at_.passed()) return {};
    if (asked_)
        return fail(
            Error{ErrorCode::timeout, fmt::format("{} has been silent for too long", node_.name), {}, {}, "NO_ANSWER"});
    asked_ = true;
    ask_at_ = Deadline::after(silence);
    out_ += redis::encode({"PING"});
    return stream_->pump(out_, in_);
}

}  // namespace redisctl::fleet
