// One TCP connection into a pod, through the API server: WebSocket with subprotocol v4.channel.k8s.io, one WebSocket a
// connection. Protocol (kubelet/CRI streaming server, portforward/websocket.go; Kubernetes 1.6 to 1.36): channel 0 is
// data, channel 1 errors; the first message on each is the port, two bytes, little endian. There is no half-close. The
// server ends everything on an unsolicited pong or a frame that continues another.
#pragma once

#include "base/result.h"
#include "kube/channel_socket.h"
#include "kube/client.h"
#include "net/stream.h"

#include <array>
#include <cstdint>
#include <string>

namespace redisctl::kube {

class PortForward final : public net::Stream {
  public:
    // Errors of pump: those of ChannelSocket; unreachable when the pod refused the port (the error channel's text is the
    // cause), protocol when the server breaks the rules above.
    PortForward(Client& client, const std::string& ns, const std::string& pod, uint16_t port,
                Deadline connect_deadline);

    Result<void> pump(std::string& out, std::string& in) override;
    bool connected() const override { return socket_.connected(); }
    net::Interest interest(bool sending) const override { return socket_.interest(sending); }
    void set_owner(net::Task* owner) override { socket_.set_owner(owner); }

  private:
    Result<void> take_messages(std::string& in);
    Error refused(std::string_view text) const;

    ChannelSocket socket_;
    std::string ns_, pod_;
    uint16_t port_;
    std::array<bool, 2> port_seen_{};
};

}  // namespace redisctl::kube
