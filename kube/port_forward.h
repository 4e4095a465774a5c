// One TCP connection into a pod, through the API server: WebSocket with subprotocol v4.channel.k8s.io, one WebSocket a
// connection. Protocol (kubelet/CRI streaming server, portforward/websocket.go; Kubernetes 1.6 to 1.36): a message is
// one channel byte and its payload; channel 0 is data, channel 1 errors; the first message on each is the port, two
// bytes, little endian. There is no half-close. The server ends everything on an unsolicited pong or a frame that
// continues another.
#pragma once

#include "base/result.h"
#include "kube/api_error.h"
#include "kube/client.h"
#include "net/stream.h"
#include "net/websocket.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace redisctl::kube {

class PortForward final : public net::Stream {
  public:
    // A 401 to the upgrade renews the credentials and is tried once more. Errors of pump: forbidden (with the rule to
    // add), not_found (no such pod), unreachable when the pod refused the port (the error channel's text is the cause),
    // protocol when the server breaks the rules above.
    PortForward(Client& client, const std::string& ns, const std::string& pod, uint16_t port,
                Deadline connect_deadline);

    Result<void> pump(std::string& out, std::string& in) override;
    bool connected() const override { return upgraded_; }
    net::Interest interest(bool sending) const override;
    void set_owner(net::Task* owner) override { below_->set_owner(owner_ = owner); }

  private:
    void dial();
    Result<void> upgrade(bool closed);
    Result<void> take_messages(std::string& in);
    Error refused(std::string_view text) const;

    Client& client_;
    Deadline connect_deadline_;
    std::unique_ptr<net::Stream> below_;
    net::Task* owner_ = nullptr;
    int identity_ = 0;
    net::WebSocket socket_;
    Access access_;
    std::string ns_, pod_;
    uint16_t port_;
    std::string to_server_, from_server_;
    bool upgraded_ = false, renewed_ = false;
    std::array<bool, 2> port_seen_{};
};

}  // namespace redisctl::kube
