// A small HTTP/1.1 server on the loop, for GETs of a few short texts (metrics): no bodies, one answer a connection, and
// caps on everything that comes from outside. Who answers is the loop's owner, when it comes to it.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "net/endpoint.h"
#include "net/loop.h"

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::net {

class HttpServer final : public Task {
  public:
    // Port 0 is a free one. Errors: usage for what is no address of this machine; unreachable (reason PORT_IN_USE).
    static Result<std::unique_ptr<HttpServer>> listen(Loop& loop, const HostPort& address);
    ~HttpServer() override;

    static constexpr size_t max_connections = 32;
    static constexpr size_t max_head_bytes = 8 << 10;
    static constexpr Millis patience{5'000};  // until a request is whole, and again until its answer is taken

    uint16_t port() const { return port_; }
    // Somebody waits for an answer to GET `path`.
    bool asked() const;
    // The paths of those that wait now, each once.
    std::vector<std::string> paths() const;
    // To all that wait for this path.
    void answer(const std::string& path, int status, std::string_view type, std::string_view body);

  private:
    class Connection;

    HttpServer(Loop& loop, Fd socket, uint16_t port);
    void advance() override;
    Interest interest() const override;

    Loop& loop_;
    Fd socket_;
    uint16_t port_;
    std::list<Connection> connections_;
};

}  // namespace redisctl::net
