#include "fleet/relay.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace redisctl::fleet {

namespace {

// What one side has not taken yet; the other side has to wait then.
constexpr size_t kMostWaiting = 1u << 20;
// A client that has said all may still be waiting for replies, and streams cannot be closed by halves.
constexpr Millis kLastReplies{1'000};

}  // namespace

// Two sockets need two tasks, for a task waits for one; either of them moves everything.
class Relay::Connection {
  public:
    Connection(Dialer& dialer, Fd client, const Node& node, Millis connect_timeout)
        : loop_(dialer.loop()),
          client_(std::move(client)),
          connect_deadline_(Deadline::after(connect_timeout)),
          node_(node.name),
          near_(*this),
          far_(*this),
          stream_(dialer.dial(node, std::nullopt, connect_deadline_)) {
        stream_->set_owner(&far_);
        loop_.add(near_);
        loop_.add(far_);
    }

    ~Connection() {
        loop_.remove(near_);
        loop_.remove(far_);
    }

    bool ended() const { return ended_; }
    const std::optional<Error>& error() const { return error_; }

  private:
    struct Near final : net::Task {
        explicit Near(Connection& connection) : of(connection) {}
        void advance() override { of.move(); }
        net::Interest interest() const override {
            if (of.ended_) return {};
            return {of.client_.get(), !of.client_done_ && of.out_.size() < kMostWaiting, !of.in_.empty()};
        }
        Connection& of;
    };

    struct Far final : net::Task {
        explicit Far(Connection& connection) : of(connection) {}
        void advance() override { of.move(); }
        net::Interest interest() const override {
            if (of.ended_ || of.in_.size() >= kMostWaiting) return {};
            return of.stream_->interest(!of.out_.empty());
        }
        Deadline deadline() const override {
            if (of.ended_) return Deadline::never();
            return of.stream_->connected() ? of.last_replies_ : of.connect_deadline_.earlier(of.last_replies_);
        }
        Connection& of;
    };

    void move() {
        if (ended_) return;
        read_client();
        if (!ended_ && in_.size() < kMostWaiting) {
            const Result<void> pumped = stream_->pump(out_, in_);
            if (!pumped && pumped.error().reason != "CLOSED") error_ = pumped.error();
            far_done_ = !pumped;
        }
        if (!ended_) write_client();
        if (ended_) return;
        if (!stream_->connected() && connect_deadline_.passed())
            error_ = Error{ErrorCode::timeout, fmt::format("no connection to {} in time", node_), {}, {}, {}};
        // What came before the end still belongs to the other side.
        if (client_done_ && last_replies_.is_never()) last_replies_ = Deadline::after(kLastReplies);
        const bool nothing_left = (far_done_ && in_.empty()) || last_replies_.passed();
        if (error_ || nothing_left) end();
    }

    void read_client() {
        std::array<char, 64 * 1024> buffer;
        while (!client_done_ && !ended_ && out_.size() < kMostWaiting) {
            const ssize_t got = ::recv(client_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got > 0) {
                out_.append(buffer.data(), static_cast<size_t>(got));
            } else if (got == 0) {
                client_done_ = true;
            } else if (errno == EAGAIN) {
                return;
            } else if (errno != EINTR) {
                return end();
            }
        }
    }

    void write_client() {
        while (!in_.empty()) {
            const ssize_t sent = ::send(client_.get(), in_.data(), in_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) {
                in_.erase(0, static_cast<size_t>(sent));
            } else if (sent < 0 && errno == EAGAIN) {
                return;
            } else if (sent < 0 && errno != EINTR) {
                return end();
            }
        }
    }

    // The relay buries it later: it may be the one that is being advanced.
    void end() {
        ended_ = true;
        client_.reset();
    }

    net::Loop& loop_;
    Fd client_;
    Deadline connect_deadline_;
    std::string node_;
    Near near_;
    Far far_;
    std::unique_ptr<net::Stream> stream_;
    std::string out_, in_;  // to the node; to the client
    Deadline last_replies_ = Deadline::never();
    bool client_done_ = false, far_done_ = false, ended_ = false;
    std::optional<Error> error_;
};

Result<std::unique_ptr<Relay>> Relay::listen(Dialer& dialer, uint16_t port, Millis connect_timeout) {
    const auto failed = [&](int number) {
        Error error{ErrorCode::unreachable, fmt::format("cannot listen on 127.0.0.1:{}", port), std::strerror(number),
                    number == EADDRINUSE ? "another port, or 0 for a free one" : "",
                    number == EADDRINUSE ? "PORT_IN_USE" : ""};
        return fail(std::move(error));
    };
    Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener) return failed(errno);
    const int yes = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), SOMAXCONN) != 0 ||
        ::getsockname(listener.get(), generic, &size) != 0)
        return failed(errno);
    return std::unique_ptr<Relay>(new Relay(dialer, std::move(listener), ntohs(address.sin_port), connect_timeout));
}

Relay::Relay(Dialer& dialer, Fd listener, uint16_t port, Millis connect_timeout)
    : dialer_(dialer), listener_(std::move(listener)), port_(port), connect_timeout_(connect_timeout) {
    dialer_.loop().add(*this);
}

Relay::~Relay() {
    dialer_.loop().remove(*this);
}

net::Interest Relay::interest() const {
    return {listener_.get(), true, false};
}

void Relay::advance() {
    bury_ended();
    for (;;) {
        Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client) return;
        if (node_)
            connections_.push_back(std::make_unique<Connection>(dialer_, std::move(client), *node_, connect_timeout_));
    }
}

void Relay::bury_ended() {
    std::erase_if(connections_, [&](const std::unique_ptr<Connection>& connection) {
        if (!connection->ended()) return false;
        const std::optional<Error>& error = connection->error();
        const auto same = [&](const Error& known) {
            return known.message == error->message && known.cause == error->cause;
        };
        if (error && std::ranges::none_of(errors_, same)) errors_.push_back(*error);
        return true;
    });
}

size_t Relay::lead_to(std::optional<Node> node) {
    bury_ended();
    const bool same =
        node && node_ && node->name == node_->name && node->uid == node_->uid && node->address == node_->address;
    size_t closed = 0;
    if (node && !same) closed = std::exchange(connections_, {}).size();
    node_ = std::move(node);
    return closed;
}

std::vector<Error> Relay::take_errors() {
    bury_ended();
    return std::exchange(errors_, {});
}

size_t Relay::connections() const {
    return static_cast<size_t>(
        std::ranges::count_if(connections_, [](const auto& connection) { return !connection->ended(); }));
}

}  // namespace redisctl::fleet
