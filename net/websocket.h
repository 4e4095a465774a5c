// RFC 6455 for a client, on bytes: the upgrade request and its answer, then frames. No I/O.
#pragma once

#include "base/result.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::net {

// The head of an HTTP/1.1 answer.
struct HttpHead {
    int status = 0;
    size_t size = 0;                                           // bytes of the head, blank line included
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string_view header(std::string_view name) const;
};

// nullopt while the blank line has not come. Errors (protocol): no HTTP, or a head over 64 KiB.
Result<std::optional<HttpHead>> parse_http_head(std::string_view bytes);

class WebSocket {
  public:
    static constexpr size_t max_message_bytes = 1u << 20;  // the port-forward's server sends at most 32 KiB + 1

    WebSocket();
    ~WebSocket();

    // "GET path HTTP/1.1 …" with a fresh key; `headers` are whole lines ("Authorization: …"). `protocols` as the header
    // takes them: the preferred one first, ", " between them.
    std::string upgrade_request(std::string_view host, std::string_view path, std::string_view protocols,
                                const std::vector<std::string>& headers);
    // Checks a 101: Sec-WebSocket-Accept, and that the protocol is one that was asked for.
    Result<void> check_upgrade(const HttpHead& head);
    // That the server chose; empty before the upgrade.
    const std::string& protocol() const { return chosen_; }

    // One binary message, in one unfragmented frame: a server of golang.org/x/net/websocket takes each frame as a
    // message of its own.
    void send(std::string_view message);
    // An empty one; the peer answers with a pong.
    void ping();
    // Appends the frames to send (also pongs and the close) to `out`.
    Result<void> flush(std::string& out);
    // Feeds bytes from the peer; complete messages come out of receive(). Errors: protocol for what RFC 6455 forbids or
    // a message too large.
    Result<void> feed(std::string_view bytes);
    std::optional<std::string> receive();
    bool closed() const;  // the peer sent a close

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::string key_, protocols_, chosen_;
};

}  // namespace redisctl::net
