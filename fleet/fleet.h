// The one verb: ask many nodes at once. A dead node is an outcome of its own, never the end of the others.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/dialer.h"
#include "fleet/keyring.h"
#include "fleet/node.h"
#include "fleet/replication_stream.h"
#include "fleet/snapshot.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace redisctl::fleet {

class Link;
class Subscription;

struct Call {
    const Node* node;
    std::vector<redis::Request> requests;
    // Instead of the node's own, on a connection of its own that is closed afterwards: can somebody else log in there?
    std::optional<redis::Login> login = {};
    bool alone =
        false;  // with the node's own login, and also on a connection that is made for this and closed behind it
};

struct Outcome {
    // One a request that the protocol answers (not REPLCONF GETACK); error replies are values.
    Result<std::vector<redis::Value>> replies;
    Micros took{};  // from the start of its connection, or of its asking when it was there, to its last reply
    bool sent = false;  // false: no byte of the requests has left, so the node certainly did none of them
};

class Fleet {
  public:
    // client_name: what CLIENT LIST shows for our connections.
    Fleet(Dialer& dialer, Keyring& keyring, std::string client_name, Millis connect_timeout);
    ~Fleet();

    // From now on connections stay open for the next exec(); a change asks the same few nodes again and again. One that
    // was closed meanwhile is made anew; one that breaks under a request is an outcome, never a silent second try.
    void keep_connections() { keep_ = true; }
    // What CLIENT LIST shows for connections made from now on.
    void rename(std::string client_name);

    // One outcome a call, in order. Errors in outcomes: unreachable, timeout (no connection within connect_timeout, or
    // no answer before the deadline), forbidden, unauthenticated, protocol, not_found; a pod that is not running gives
    // its own. After Ctrl-C the unfinished ones are `interrupted`.
    std::vector<Outcome> exec(std::span<const Call> calls, Deadline deadline);

    // How it logs in at this node; nullopt: without a password. Errors: those of a Secret that cannot be read, timeout,
    // interrupted.
    Result<std::optional<redis::Login>> login(const Node& node, Deadline deadline);

    // replication_stream.h
    Result<HistoryPart> read_history(const Node& node, const HistoryRange& range, Deadline deadline) {
        return fleet::read_history(dialer_, keyring_, client_name_, node, range, deadline);
    }

    // snapshot.h
    Snapshot snapshot(const Node& node, Waiting waiting) {
        const Deadline connect = Deadline::after(connect_timeout_).earlier(waiting.end);
        return Snapshot(std::make_unique<ReplicationClient>(dialer_, keyring_, client_name_, node, connect, waiting));
    }

    // subscription.h
    std::unique_ptr<Subscription> subscribe(const Node& node);

  private:
    std::unique_ptr<Link> link_for(const Call& call, Deadline deadline);
    void put_away(const Call& call, std::unique_ptr<Link> link);
    void close_idle();

    Dialer& dialer_;
    Keyring& keyring_;
    std::string client_name_;
    Millis connect_timeout_;
    bool keep_ = false;
    std::map<std::string, std::vector<std::unique_ptr<Link>>> idle_;  // by the node's namespace, name and address
};

}  // namespace redisctl::fleet
