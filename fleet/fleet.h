// The one verb: ask many nodes at once. A dead node is an outcome of its own, never the end of the others.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/dialer.h"
#include "fleet/keyring.h"
#include "fleet/node.h"
#include "redis/codec.h"
#include "redis/value.h"

#include <span>
#include <string>
#include <vector>

namespace redisctl::fleet {

struct Call {
    const Node* node;
    std::vector<redis::Request> requests;
};

struct Outcome {
    Result<std::vector<redis::Value>> replies;  // one a request; error replies are values
    Micros took{};                              // from the start of its connection to its last reply
};

class Fleet {
  public:
    // client_name: what CLIENT LIST shows for our connections.
    Fleet(Dialer& dialer, Keyring& keyring, std::string client_name, Millis connect_timeout);

    // One outcome a call, in order. Errors in outcomes: unreachable, timeout (no connection within connect_timeout, or
    // no answer before the deadline), forbidden, unauthenticated, protocol, not_found; a pod that is not running gives
    // its own. After Ctrl-C the unfinished ones are `interrupted`.
    std::vector<Outcome> exec(std::span<const Call> calls, Deadline deadline);

  private:
    Dialer& dialer_;
    Keyring& keyring_;
    std::string client_name_;
    Millis connect_timeout_;
};

}  // namespace redisctl::fleet
