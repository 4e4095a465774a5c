#include "net/http_server.h"

#include "base/text.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <netdb.h>

namespace redisctl::net {

namespace {

std::string_view reason_of(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 431:
            return "Request Header Fields Too Large";
        default:
            return "Service Unavailable";
    }
}

std::string answer_text(int status, std::string_view type, std::string_view body, bool with_body) {
    return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                       status, reason_of(status), type, body.size(), with_body ? body : std::string_view());
}

}  // namespace

class HttpServer::Connection final : public Task {
  public:
    // The owner is woken when it is over.
    Connection(Loop& loop, Task& owner, Fd socket) : loop_(loop), owner_(owner), socket_(std::move(socket)) {
        loop_.add(*this);
    }
    ~Connection() override { loop_.remove(*this); }

    bool over() const { return over_; }
    bool waits() const { return path_ && out_.empty() && !over_; }
    const std::string& path() const { return *path_; }
    Deadline deadline() const override { return over_ || waits() ? Deadline::never() : deadline_; }

    void answer(int status, std::string_view type, std::string_view body) {
        out_ = answer_text(status, type, body, !only_head_);
        deadline_ = Deadline::after(patience);
        loop_.wake(*this);
    }

  private:
    Interest interest() const override {
        if (over_) return {};
        return {socket_.get(), !path_ || said_all(), !out_.empty() && !said_all()};
    }

    void advance() override {
        if (over_) return;
        if (!path_ && out_.empty()) read();
        if (!over_ && !out_.empty() && !said_all()) write();
        if (!over_ && said_all()) drain();
        if (!over_ && !waits() && deadline_.passed()) end();
    }

    void read() {
        std::array<char, 4096> buffer;
        while (!over_ && out_.empty() && !path_) {
            const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0 && errno == EAGAIN) return;
            if (got <= 0) return end();
            in_.append(buffer.data(), static_cast<size_t>(got));
            if (in_.find("\r\n\r\n") != std::string::npos)
                take_head();
            else if (in_.size() > max_head_bytes)
                answer(431, "text/plain", "the head of the request is too large\n");
        }
    }

    // "GET /metrics?x=y HTTP/1.1"
    void take_head() {
        const std::string_view line = std::string_view(in_).substr(0, in_.find("\r\n"));
        const std::vector<std::string_view> words = split(line, ' ');
        if (words.size() != 3 || !words[2].starts_with("HTTP/1.") || !words[1].starts_with('/'))
            return answer(400, "text/plain", "this is no HTTP/1.1 request\n");
        if (words[0] != "GET" && words[0] != "HEAD") return answer(405, "text/plain", "only GET is answered\n");
        only_head_ = words[0] == "HEAD";
        path_ = std::string(words[1].substr(0, words[1].find('?')));
    }

    void write() {
        while (sent_ < out_.size()) {
            const ssize_t sent =
                ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0 && errno == EAGAIN) return;
            if (sent < 0) return end();
            sent_ += static_cast<size_t>(sent);
        }
        ::shutdown(socket_.get(), SHUT_WR);
    }

    // A socket that is closed with something unread takes back what was sent.
    void drain() {
        std::array<char, 4096> buffer;
        for (;;) {
            const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got < 0 && errno == EAGAIN) return;
            if (got == 0 || (got < 0 && errno != EINTR)) return end();
        }
    }

    bool said_all() const { return !out_.empty() && sent_ == out_.size(); }

    void end() {
        over_ = true;
        socket_ = Fd();
        loop_.wake(owner_);
    }

    Loop& loop_;
    Task& owner_;
    Fd socket_;
    std::string in_, out_;
    size_t sent_ = 0;
    std::optional<std::string> path_;
    bool only_head_ = false, over_ = false;
    Deadline deadline_ = Deadline::after(patience);
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(Loop& loop, const HostPort& address) {
    const addrinfo hints{AI_PASSIVE | AI_NUMERICSERV, AF_UNSPEC, SOCK_STREAM, 0, 0, nullptr, nullptr, nullptr};
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found))
        return fail(ErrorCode::usage, fmt::format("{} is no address to listen on", address.host), ::gai_strerror(code));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
    Fd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    if (socket) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!socket || ::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(socket.get(), 64) != 0) {
        const int error = errno;
        return fail(Error{ErrorCode::unreachable,
                          fmt::format("{} cannot be listened on", to_string(address)),
                          std::strerror(error),
                          {},
                          error == EADDRINUSE ? "PORT_IN_USE" : ""});
    }
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    const uint16_t port = bound.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port)
                                                      : ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
    return std::unique_ptr<HttpServer>(new HttpServer(loop, std::move(socket), port));
}

HttpServer::HttpServer(Loop& loop, Fd socket, uint16_t port) : loop_(loop), socket_(std::move(socket)), port_(port) {
    loop_.add(*this);
}

HttpServer::~HttpServer() {
    loop_.remove(*this);
}

// Those that cannot be taken now wait in the kernel's queue.
Interest HttpServer::interest() const {
    return {socket_.get(), connections_.size() < max_connections, false};
}

void HttpServer::advance() {
    connections_.remove_if([](const Connection& one) { return one.over(); });
    while (connections_.size() < max_connections) {
        Fd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) return;
        connections_.emplace_back(loop_, *this, std::move(socket));
    }
}

bool HttpServer::asked() const {
    return std::ranges::any_of(connections_, [](const Connection& one) { return one.waits(); });
}

std::vector<std::string> HttpServer::paths() const {
    std::vector<std::string> paths;
    for (const Connection& one : connections_)
        if (one.waits() && std::ranges::find(paths, one.path()) == paths.end()) paths.push_back(one.path());
    return paths;
}

void HttpServer::answer(const std::string& path, int status, std::string_view type, std::string_view body) {
    for (Connection& one : connections_)
        if (one.waits() && one.path() == path) one.answer(status, type, body);
}

}  // namespace redisctl::net
