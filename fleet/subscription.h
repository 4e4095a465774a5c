// A line on which a node talks by itself: everything that it publishes, from the moment that it says so. For Sentinels,
// whose events are the first to tell of a failover.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/line.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::fleet {

struct Published {
    std::string channel, message;
    TimePoint at;  // when it arrived
};

// Dials, logs in and subscribes to all channels (PSUBSCRIBE *); dies with its object. A node that says nothing is asked
// now and then whether it is there, so that a line which broke in silence ends too.
class Subscription final : public net::Task {
  public:
    Subscription(Node node, Dialer& dialer, Keyring& keyring, const std::string& client_name, Millis connect_timeout);
    ~Subscription() override;

    // From here on nothing is missed.
    bool subscribed() const { return subscribed_; }
    // Why it is over: the errors of Fleet::exec, or the server's own. It is not dialled again.
    const std::optional<Error>& ended() const { return ended_; }
    bool has_news() const { return !news_.empty(); }
    // What came since the last time, in the order in which it came.
    std::vector<Published> take() { return std::exchange(news_, {}); }

  private:
    net::Interest interest() const override;
    Deadline deadline() const override;
    void advance() override;
    Result<void> move();
    Result<void> greet();
    Result<void> hear();
    Result<void> keep_alive();

    Node node_;
    Dialer& dialer_;
    Line line_;
    redis::Decoder decoder_;
    bool talking_ = false;                 // the node, unasked
    Deadline ask_at_ = Deadline::never();  // when it has been silent for long
    bool asked_ = false;                   // and was asked whether it is there
    bool subscribed_ = false;
    std::optional<Error> ended_;
    std::vector<Published> news_;
};

}  // namespace redisctl::fleet
