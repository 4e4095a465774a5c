// A line on which a node talks by itself, from the moment that it says so: of everything that it publishes (Sentinels,
// whose events are the first to tell of a failover), or of every command that it carries out.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/line.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::fleet {

enum class Topic {
    published,  // PSUBSCRIBE *
    commands,   // MONITOR, which can halve what the server gets done: for a short while
};

struct Told {
    std::string channel;  // empty of a command
    std::string message;
    TimePoint at;  // when it arrived
};

// Dials, logs in and subscribes to one topic; dies with its object. A node that says nothing is asked now and then
// whether it is there, so that a line which broke in silence ends too.
class Subscription final : public net::Task {
  public:
    Subscription(Node node, Dialer& dialer, Keyring& keyring, const std::string& client_name, Millis connect_timeout);
    ~Subscription() override;

    // Before the loop runs; what it publishes by default.
    void set_topic(Topic topic) { topic_ = topic; }

    // From here on nothing is missed.
    bool subscribed() const { return subscribed_; }
    // Why it is over: the errors of Fleet::exec, or the server's own. It is not dialled again.
    const std::optional<Error>& ended() const { return ended_; }
    bool has_news() const { return !news_.empty(); }
    // What came since the last time, in the order in which it came.
    std::vector<Told> take() { return std::exchange(news_, {}); }

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
    Topic topic_ = Topic::published;
    redis::Decoder decoder_;
    bool talking_ = false;                 // the node, unasked
    Deadline ask_at_ = Deadline::never();  // when it has been silent for long
    bool asked_ = false;                   // and was asked whether it is there
    bool subscribed_ = false;
    std::optional<Error> ended_;
    std::vector<Told> news_;
};

}  // namespace redisctl::fleet
