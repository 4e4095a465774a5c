// One connection to one node, for one batch of requests after the other: dial, log in and ask in one write, take the
// replies.
#pragma once

#include "fleet/line.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace redisctl::fleet {

class Link final : public net::Task {
  public:
    // The node is read until the first batch is done, the others for as long as the link lives. `login`: instead of
    // the keyring's.
    Link(const Node& node, Dialer& dialer, Keyring& keyring, const std::string& client_name, Deadline connect_deadline,
         const std::optional<redis::Login>& login);
    ~Link() override;

    // Asks; not before the batch before it is done.
    void ask(std::span<const redis::Request> requests);

    bool done() const { return result_.has_value(); }
    // The replies, or why there are none: Fleet::exec says which errors. Only when done().
    Result<std::vector<redis::Value>> take();
    Micros took() const { return took_; }  // from the start of the connection, or of the batch when it was there
    bool sent() const { return sent_; }    // false: no byte of the batch has left

    bool connected() const { return line_.connected(); }
    // Idle and, as far as one can know, still open: it may be asked again.
    bool usable();
    // Before an idle one is closed: the server ends a connection at once then. Through a port-forward it would
    // otherwise see it for up to a second more, and take it for one that is in use.
    void say_goodbye();

  private:
    net::Interest interest() const override;
    Deadline deadline() const override;
    void advance() override;
    Result<void> move();
    void finish(Result<std::vector<redis::Value>> result);

    const Node* node_;  // nullptr after the first batch
    Dialer& dialer_;
    Line line_;
    std::vector<redis::Request> waiting_;  // for the login
    TimePoint started_ = SteadyClock::now();
    bool heard_ = false;  // a first byte came
    bool sent_ = false;
    bool broken_ = false;
    std::optional<Result<std::vector<redis::Value>>> result_;
    Micros took_{};
};

}  // namespace redisctl::fleet
