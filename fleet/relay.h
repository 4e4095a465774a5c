// A port on loopback whose connections are carried to one node, byte by byte; which node that is may change.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "fleet/dialer.h"
#include "fleet/node.h"
#include "net/loop.h"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::fleet {

class Relay final : private net::Task {
  public:
    // Listens on 127.0.0.1; port 0: a free one. Errors: unreachable (reason PORT_IN_USE where somebody else has it).
    static Result<std::unique_ptr<Relay>> listen(Dialer& dialer, uint16_t port, Millis connect_timeout);
    ~Relay() override;

    uint16_t port() const { return port_; }

    // From now on connections lead to this node; those that lead elsewhere are closed, so that their owners dial again.
    // nullopt: new ones are closed at once, and those that are there stay. How many were closed.
    size_t lead_to(std::optional<Node> node);

    // Why connections to the node broke or could not be made, since the last call; each reason once.
    std::vector<Error> take_errors();
    size_t connections() const;

  private:
    class Connection;

    Relay(Dialer& dialer, Fd listener, uint16_t port, Millis connect_timeout);

    void advance() override;
    net::Interest interest() const override;
    void bury_ended();

    Dialer& dialer_;
    Fd listener_;
    uint16_t port_;
    Millis connect_timeout_;
    std::optional<Node> node_;
    std::list<std::unique_ptr<Connection>> connections_;
    std::vector<Error> errors_;
};

}  // namespace redisctl::fleet
