// What a replica says to its master, on a connection of its own: questions first, then PSYNC, then the bytes that come.
// For as long as it lasts the server takes us for a replica (redis src/replication.c syncCommand).
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/line.h"
#include "redis/node_view.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::fleet {

// How long to wait: until the end, and not longer than `idle` for the next byte.
struct Waiting {
    Deadline end = Deadline::never();
    std::optional<Millis> idle = {};
    Deadline now() const { return idle ? Deadline::after(*idle).earlier(end) : end; }
};

class ReplicationClient final : public net::Task {
  public:
    // The node lives as long as this.
    ReplicationClient(Dialer& dialer, Keyring& keyring, std::string client_name, const Node& node,
                      Deadline connect_deadline, Waiting waiting);
    ~ReplicationClient() override;

    const Node& node() const { return node_; }

    // Each: errors of the connection and the login, timeout, interrupted.
    // The replies, like Connection::take.
    Result<std::vector<redis::Value>> ask(const std::vector<redis::Request>& requests);
    // From here on the bytes are ours. replid "?" asks for everything.
    void psync(const std::string& replid, int64_t offset);
    // The next line, without its end, and without the newlines with which a server that is busy keeps the line alive
    // (replicationCron).
    Result<std::string> line();
    // What came since, in place of what `bytes` held, whose memory is used again; never empty. After what was said
    // before it, the end of the connection is an error (CLOSED).
    Result<void> next(std::string& bytes);
    // The same, and also a timeout when nothing came until then.
    Result<void> next(std::string& bytes, Deadline until);
    // Says something to which there is no reply.
    void tell(const redis::Request& request);
    // When a wait that begins now is over.
    Deadline patience() const { return waiting_.now(); }

  private:
    net::Interest interest() const override;
    Deadline deadline() const override;
    void advance() override;
    Result<void> move();
    Result<void> wait(const std::function<bool()>& done, Deadline until);

    const Node& node_;
    Dialer& dialer_;
    Line line_;
    Waiting waiting_;
    std::vector<redis::Request> questions_;  // for the login
    bool streaming_ = false;
    std::optional<Error> error_;
};

// What to ask a node before PSYNC: its view, and what tells whether it waits for one replica more.
std::vector<redis::Request> replication_questions();
struct ReplicationAnswers {
    redis::NodeView view;
    // Why one more replica would change what it does: it would take writes again. Empty: it would not.
    std::string not_harmless;
};
// Of the first replies, as many as there were questions. Errors: those of parse_node_view.
Result<ReplicationAnswers> read_replication_answers(const std::vector<redis::Value>& replies);

}  // namespace redisctl::fleet
