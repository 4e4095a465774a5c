// What the subresources of a pod that stream have in common (portforward, exec): a WebSocket to the API server in one
// of the *.channel.k8s.io protocols. A message is one channel byte and its payload; what the channels mean is the
// subresource's own.
#pragma once

#include "base/result.h"
#include "kube/api_error.h"
#include "kube/client.h"
#include "net/stream.h"
#include "net/websocket.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace redisctl::kube {

struct ChannelRequest {
    Access access;            // for messages
    std::string path;         // with its query
    std::string protocols;    // the preferred one first
    std::string what;         // "the port-forward to pod redis-0"
};

class ChannelSocket {
  public:
    static constexpr size_t max_payload = 16u << 10;  // of one message; well under what the server reads in one piece

    // Starts to connect. A 401 to the upgrade renews the credentials and is tried once more.
    ChannelSocket(Client& client, ChannelRequest request, Deadline connect_deadline);

    // After the upgrade: any number of bytes, in as many messages as they need; nothing is a message as well.
    void send(unsigned char channel, std::string_view payload);
    void ping() { socket_.ping(); }

    // Goes on connecting, sends, receives. Errors are final: those of api_error when the upgrade is refused,
    // unreachable (reason CLOSED when the server ended it), protocol. Messages that came before still count.
    Result<void> pump();

    struct Message {
        unsigned char channel;
        std::string payload;
    };
    std::optional<Message> receive();

    bool connected() const { return upgraded_; }
    const std::string& protocol() const { return socket_.protocol(); }
    size_t unsent() const { return to_server_.size(); }
    // Bytes that came since the upgrade, pongs too.
    uint64_t received() const { return received_; }
    net::Interest interest(bool sending) const;
    void set_owner(net::Task* owner) { below_->set_owner(owner_ = owner); }

  private:
    void dial();
    Result<void> upgrade(bool closed);

    Client& client_;
    ChannelRequest request_;
    Deadline connect_deadline_;
    std::unique_ptr<net::Stream> below_;
    net::Task* owner_ = nullptr;
    net::WebSocket socket_;
    std::string to_server_, from_server_;
    uint64_t received_ = 0;
    int identity_ = 0;
    bool upgraded_ = false, renewed_ = false;
};

}  // namespace redisctl::kube
