// A part of a node's history, byte for byte, as its backlog still holds it: PSYNC on a connection of its own, which is
// closed as soon as the last byte is there. For as long as it lasts the server takes us for a replica (redis
// src/replication.c masterTryPartialResynchronization), so it is not begun where that would change something: the
// answer would be a full copy, or one good replica more would let the node take writes again.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "fleet/dialer.h"
#include "fleet/keyring.h"
#include "fleet/node.h"
#include "redis/node_view.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace redisctl::fleet {

struct HistoryRange {
    std::string replid;
    int64_t from = 0;          // the first byte, in the numbers that INFO's offsets count
    size_t most = 64u << 20;   // not more bytes than this
    size_t before = 1u << 20;  // and at most so many in front, as far as the backlog has them
};

struct HistoryPart {
    redis::NodeView view;  // of the node, from the same connection; the part ends at its master_offset
    std::string before;    // the bytes in front of `from`; may begin in the middle of a command
    std::string bytes;     // [from, master_offset], or the first `most` of them
    bool cut = false;      // there was more than `most`
};

// Errors: those of Fleet::exec; refused, when it would change something or the backlog does not reach back: `cause`
// says which. Nothing is sent then but questions.
Result<HistoryPart> read_history(Dialer& dialer, Keyring& keyring, const std::string& client_name, const Node& node,
                                 const HistoryRange& range, Deadline deadline);

// Why the backlog of a node that says this cannot give the range; empty when it can.
std::string why_not_in_backlog(const redis::NodeView& view, const HistoryRange& range);

}  // namespace redisctl::fleet
