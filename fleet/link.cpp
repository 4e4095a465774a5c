#include "fleet/link.h"

#include <fmt/core.h>

namespace redisctl::fleet {

Link::Link(const Node& node, Dialer& dialer, Keyring& keyring, const std::string& client_name,
           Deadline connect_deadline, const std::optional<redis::Login>& login)
    : node_(&node), dialer_(dialer), line_(node, dialer, keyring, client_name, connect_deadline, *this, login) {
    dialer_.loop().add(*this);
}

Link::~Link() {
    dialer_.loop().remove(*this);
}

void Link::ask(std::span<const redis::Request> requests) {
    result_.reset();
    sent_ = false;
    if (auto& connection = line_.connection()) {
        started_ = SteadyClock::now();
        connection->ask(requests, line_.out);
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
    line_.connection()->ask(quit, line_.out);
    (void)line_.pump();  // a few bytes, which go now or never
}

net::Interest Link::interest() const {
    return broken_ ? net::Interest{} : line_.interest();
}

Deadline Link::deadline() const {
    return done() || connected() ? Deadline::never() : line_.connect_deadline();
}

void Link::finish(Result<std::vector<redis::Value>> result) {
    broken_ = !result;
    result_ = std::move(result);
    took_ = std::chrono::duration_cast<Micros>(SteadyClock::now() - started_);
    node_ = nullptr;
    if (broken_) line_.close();
}

void Link::advance() {
    if (broken_) return;
    if (done()) {
        // An idle line that says something, or ends, is of no use any more.
        const bool quiet = line_.pump().has_value() && line_.in.empty();
        if (quiet) return;
        broken_ = true;
        line_.close();
        return;
    }
    if (Result<void> moved = move(); !moved) return finish(fail(std::move(moved).error()));
    if (auto& connection = line_.connection(); connection && connection->complete()) return finish(connection->take());
    if (!connected() && line_.connect_deadline().passed())
        finish(fail(Error{ErrorCode::timeout,
                          fmt::format("no connection to {} in time", net::to_string(node_->address)),
                          {},
                          {},
                          "CONNECT_TIMEOUT"}));
}

Result<void> Link::move() {
    const Result<void> pumped = line_.pump(waiting_);
    heard_ = heard_ || !line_.in.empty();
    sent_ = sent_ || (connected() && line_.connection());
    auto& connection = line_.connection();
    // What came before the end of the stream counts: an -ERR and a close, for one.
    if (connection && !line_.in.empty()) TRY(connection->feed(line_.in));
    if (pumped || (connection && connection->complete())) return {};
    Error error = pumped.error();
    if (error.reason == "CLOSED" && error.hint.empty() && !heard_ && !line_.encrypted())
        error.hint = "is it a TLS port? then: --tls";
    return fail(std::move(error));
}

}  // namespace redisctl::fleet
