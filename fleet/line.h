// One connection to one node, and how it is opened: what the keyring knows, the dial, the login with the first
// questions in one write. What is said on it is its owner's affair.
#pragma once

#include "fleet/dialer.h"
#include "fleet/keyring.h"
#include "fleet/node.h"
#include "redis/connection.h"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace redisctl::fleet {

class Line {
  public:
    // The node is read until the login is sent. The owner is woken whenever pump() could go on, and outlives the line.
    // `login`: instead of the keyring's.
    Line(const Node& node, Dialer& dialer, Keyring& keyring, std::string client_name, Deadline connect_deadline,
         net::Task& owner, std::optional<redis::Login> login = {});
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // Goes as far as it can without waiting: opens, sends `questions` behind the login, then moves bytes both ways.
    // Errors: the keyring's, the dialer's, and the connection's; what came before is in `in` all the same.
    Result<void> pump(std::span<const redis::Request> questions = {});
    void close() { stream_.reset(); }

    bool connected() const { return stream_ && stream_->connected(); }
    bool encrypted() const { return encrypted_; }
    net::Interest interest() const { return stream_ ? stream_->interest(!out.empty()) : net::Interest{}; }
    Deadline connect_deadline() const { return connect_deadline_; }
    // For as long as questions and answers alternate.
    std::optional<redis::Connection>& connection() { return connection_; }
    const std::optional<redis::Connection>& connection() const { return connection_; }

    std::string out, in;

  private:
    const Node& node_;
    Dialer& dialer_;
    Keyring& keyring_;
    std::string client_name_;
    Deadline connect_deadline_;
    net::Task& owner_;
    std::optional<redis::Login> login_;
    std::unique_ptr<net::Stream> stream_;
    std::optional<redis::Connection> connection_;
    bool encrypted_ = false;
};

}  // namespace redisctl::fleet
