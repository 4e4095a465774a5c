// Node → Stream: directly or through the API server, in the clear or with TLS.
#pragma once

#include "base/time.h"
#include "fleet/node.h"
#include "kube/client.h"
#include "net/loop.h"
#include "net/stream.h"

#include <memory>
#include <optional>
#include <string_view>

namespace redisctl::fleet {

enum class Via { automatic, port_forward, direct };

class Dialer {
  public:
    // client: nullptr without Kubernetes, where everything is direct. Automatic means direct when this program itself
    // runs in the cluster, else port-forward.
    Dialer(net::Loop& loop, kube::Client* client, Via via);

    net::Loop& loop() { return loop_; }
    bool direct() const { return direct_; }
    std::string_view route() const { return direct_ ? "direct" : "port-forward"; }
    // How many to have open at once: each costs the API server a stream, a plain host next to nothing.
    size_t in_flight() const { return direct_ ? 256 : 128; }

    std::unique_ptr<net::Stream> dial(const Node& node, const std::optional<net::TlsOptions>& tls,
                                      Deadline connect_deadline);

  private:
    net::Loop& loop_;
    kube::Client* client_;
    bool direct_;
};

}  // namespace redisctl::fleet
