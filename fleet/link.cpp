#include "fleet/link.h"

#include <fmt/core.h>

namespace redisctl::fleet {

Link::Link(const Node& node, Dialer& dialer, Keyring& keyring, const std::string& client_name,
           Deadline connect_deadline, const std::optional<redis::Login>& login)
    : node_(&node),
      dialer_(dialer),
      keyring_(keyring),
      client_name_(client_name),
      connect_deadline_(connect_deadline),
      login_(login) {
    dialer_.loop().add(*this);
}

Link::~Link() {
    keyring_.forget(*this);
    dialer_.loop().remove(*this);
}

void Link::ask(std::span<const redis::Request> requests) {
    result_.reset();
    if (connection_) {
        started_ = SteadyClock::now();
        connection_->ask(requests, out_);
    } else {
        waiting_.assign(requests.begin(), requests.end());
    }
    dialer_.loop().wake(*this);
}

Result<std::vector<redis::Value>> Link::take() {
    return std::move(*result_);
}

bool Link::usable() {
    if (broken_ || !done() || !connected()) return false;
    advance();
    return !broken_;
}

void Link::say_goodbye() {
    if (!usable()) return;
    const std::vector<redis::Request> quit{{"QUIT"}};
    connection_->ask(quit, out_);
    (void)stream_->pump(out_, in_);  // a few bytes, which go now or never
}

net::Interest Link::interest() const {
    return broken_ || !stream_ ? net::Interest{} : stream_->interest(!out_.empty());
}

Deadline Link::deadline() const {
    return done() || connected() ? Deadline::never() : connect_deadline_;
}

void Link::finish(Result<std::vector<redis::Value>> result) {
    broken_ = !result;
    result_ = std::move(result);
    took_ = std::chrono::duration_cast<Micros>(SteadyClock::now() - started_);
    node_ = nullptr;
    if (broken_) stream_.reset();
}

void Link::advance() {
    if (broken_) return;
    if (done()) {
        // An idle line that says something, or ends, is of no use any more.
        const bool quiet = stream_->pump(out_, in_).has_value() && in_.empty();
        if (quiet) return;
        broken_ = true;
        stream_.reset();
        return;
    }
    if (Result<void> moved = move(); !moved) return finish(fail(std::move(moved).error()));
    if (connection_ && connection_->complete()) return finish(connection_->take());
    if (!connected() && connect_deadline_.passed())
        finish(fail(Error{ErrorCode::timeout,
                          fmt::format("no connection to {} in time", net::to_string(node_->address)),
                          {},
                          {},
                          "CONNECT_TIMEOUT"}));
}

Result<void> Link::move() {
    if (!stream_) {
        const auto tls = keyring_.tls(*node_, *this);
        if (!tls) return {};
        TRY(*tls);
        encrypted_ = (*tls)->has_value();
        stream_ = dialer_.dial(*node_, **tls, connect_deadline_);
        stream_->set_owner(this);
    }
    if (!connection_) {
        if (login_) {
            connection_.emplace(login_, client_name_);
        } else if (const auto login = keyring_.login(*node_, *this)) {
            TRY(*login);
            connection_.emplace(**login, client_name_);
        }
        if (connection_) connection_->ask(waiting_, out_);
    }
    const Result<void> pumped = stream_->pump(out_, in_);
    heard_ = heard_ || !in_.empty();
    // What came before the end of the stream counts: an -ERR and a close, for one.
    if (connection_ && !in_.empty()) TRY(connection_->feed(in_));
    if (pumped || (connection_ && connection_->complete())) return {};
    Error error = pumped.error();
    if (error.reason == "CLOSED" && error.hint.empty() && !heard_ && !encrypted_)
        error.hint = "is it a TLS port? then: --tls";
    return fail(std::move(error));
}

}  // namespace redisctl::fleet
