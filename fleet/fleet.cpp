#include "fleet/fleet.h"

#include <fmt/core.h>

#include <memory>
#include <optional>

namespace redisctl::fleet {

namespace {

// One call on its way: dial, log in and ask in one write, take the replies.
class Link final : public net::Task {
  public:
    Link(const Call& call, Dialer& dialer, Keyring& keyring, const std::string& client_name, Deadline connect_deadline)
        : call_(call),
          dialer_(dialer),
          keyring_(keyring),
          client_name_(client_name),
          connect_deadline_(connect_deadline) {
        dialer_.loop().add(*this);
    }
    ~Link() override {
        keyring_.forget(*this);
        dialer_.loop().remove(*this);
    }

    bool done() const { return outcome_.has_value(); }
    // What came of it; `otherwise` when it is not done.
    Outcome take(const Error& otherwise) {
        Outcome outcome{outcome_ ? std::move(*outcome_) : Result<std::vector<redis::Value>>(fail(otherwise)), took_};
        return outcome;
    }
    bool connected() const { return stream_ && stream_->connected(); }

  private:
    net::Interest interest() const override {
        return done() || !stream_ ? net::Interest{} : stream_->interest(!out_.empty());
    }
    Deadline deadline() const override { return done() || connected() ? Deadline::never() : connect_deadline_; }

    void finish(Result<std::vector<redis::Value>> result) {
        outcome_ = std::move(result);
        took_ = std::chrono::duration_cast<Micros>(SteadyClock::now() - started_);
        stream_.reset();
    }

    void advance() override {
        if (done()) return;
        if (Result<void> moved = move(); !moved) return finish(fail(std::move(moved).error()));
        if (connection_ && connection_->complete()) return finish(connection_->take());
        if (!connected() && connect_deadline_.passed())
            finish(fail(Error{ErrorCode::timeout,
                              fmt::format("no connection to {} in time", net::to_string(call_.node->address)),
                              {},
                              {},
                              "CONNECT_TIMEOUT"}));
    }

    Result<void> move() {
        if (!stream_) {
            const auto tls = keyring_.tls(*call_.node, *this);
            if (!tls) return {};
            TRY(*tls);
            encrypted_ = (*tls)->has_value();
            stream_ = dialer_.dial(*call_.node, **tls, connect_deadline_);
            stream_->set_owner(this);
        }
        if (!connection_) {
            const auto login = keyring_.login(*call_.node, *this);
            if (login) {
                TRY(*login);
                connection_.emplace(**login, client_name_);
                connection_->ask(call_.requests, out_);
            }
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

    const Call& call_;
    Dialer& dialer_;
    Keyring& keyring_;
    const std::string& client_name_;
    Deadline connect_deadline_;
    TimePoint started_ = SteadyClock::now();
    std::unique_ptr<net::Stream> stream_;
    std::optional<redis::Connection> connection_;
    std::string out_, in_;
    bool encrypted_ = false, heard_ = false;  // heard: a first byte came
    std::optional<Result<std::vector<redis::Value>>> outcome_;
    Micros took_{};
};

Error unfinished(const Result<void>& run, const Link* link, const Node& node) {
    if (run.error().code == ErrorCode::interrupted) return run.error();
    const std::string address = net::to_string(node.address);
    if (!link)
        return {ErrorCode::timeout,
                fmt::format("{} was not asked before the deadline", address),
                "the nodes before it took too long",
                "raise --timeout",
                {}};
    if (!link->connected())
        return {ErrorCode::timeout,
                fmt::format("no connection to {} before the deadline", address),
                {},
                "raise --timeout",
                {}};
    return {ErrorCode::timeout, fmt::format("no answer from {} before the deadline", address),
            "connected, but the node does not answer: frozen, or busy with a long command",
            "raise --timeout, or look at the node's load", "NO_ANSWER"};
}

}  // namespace

Fleet::Fleet(Dialer& dialer, Keyring& keyring, std::string client_name, Millis connect_timeout)
    : dialer_(dialer), keyring_(keyring), client_name_(std::move(client_name)), connect_timeout_(connect_timeout) {}

std::vector<Outcome> Fleet::exec(std::span<const Call> calls, Deadline deadline) {
    std::vector<std::unique_ptr<Link>> links(calls.size());
    std::vector<std::optional<Outcome>> outcomes(calls.size());
    std::vector<size_t> active;
    size_t next = 0;
    const auto progress = [&] {
        std::erase_if(active, [&](size_t i) {
            if (!links[i]->done()) return false;
            outcomes[i] = links[i]->take({});
            links[i].reset();
            return true;
        });
        for (; next < calls.size() && active.size() < dialer_.in_flight(); next++) {
            if (const std::optional<Error>& dead = calls[next].node->not_running) {
                outcomes[next] = Outcome{fail(*dead)};
                continue;
            }
            links[next] = std::make_unique<Link>(calls[next], dialer_, keyring_, client_name_,
                                                 Deadline::after(connect_timeout_).earlier(deadline));
            active.push_back(next);
        }
        return active.empty() && next == calls.size();
    };
    const Result<void> run = dialer_.loop().run(progress, deadline);

    std::vector<Outcome> result;
    result.reserve(calls.size());
    for (size_t i = 0; i < calls.size(); i++) {
        if (!outcomes[i]) {
            const Error error = unfinished(run, links[i].get(), *calls[i].node);
            outcomes[i] = links[i] ? links[i]->take(error) : Outcome{fail(error)};
        }
        result.push_back(std::move(*outcomes[i]));
    }
    return result;
}

}  // namespace redisctl::fleet
