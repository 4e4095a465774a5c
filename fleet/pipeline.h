// Requests to one node without waiting for each reply, on a connection of its own, and as large as they like: what is
// put goes on its way piece by piece, so that neither a request nor its reply need be held as a whole.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/dialer.h"
#include "fleet/keyring.h"
#include "fleet/line.h"
#include "fleet/node.h"
#include "fleet/replication_client.h"
#include "redis/codec.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::fleet {

class Pipeline final : public net::Task {
  public:
    // The node lives as long as this.
    Pipeline(Dialer& dialer, Keyring& keyring, std::string client_name, const Node& node, Deadline connect_deadline,
             Waiting waiting);
    ~Pipeline() override;

    const Node& node() const { return node_; }

    // Each: errors of the connection and the login, timeout, interrupted. After one of the connection nothing more can
    // be put; replies that had come before it can still be taken.

    // Bytes of requests as they go over the wire. Waits until not more than a few of them are here still.
    Result<void> put(std::string_view bytes);
    // Replies that are there, in order; `at_least` so many are waited for. Who puts counts what is to come.
    Result<std::vector<redis::Value>> take(size_t at_least = 0);
    // Lets time pass.
    Result<void> pause(Millis duration) { return dialer_.loop().pause(Deadline::after(duration)); }

  private:
    net::Interest interest() const override { return error_ ? net::Interest{} : line_.interest(); }
    Deadline deadline() const override;
    void advance() override;
    Result<void> move();
    Result<void> greet();
    Result<void> read();
    Result<void> wait(const std::function<bool()>& done);

    const Node& node_;
    Dialer& dialer_;
    Waiting waiting_;
    Line line_;
    redis::Decoder decoder_;  // of all that comes behind the login
    bool logged_in_ = false;
    std::string put_before_;  // before the login was answered
    std::vector<redis::Value> replies_;
    std::optional<Error> error_;
};

}  // namespace redisctl::fleet
