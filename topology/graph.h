// Who follows whom, as the nodes themselves say it: each node's master, and where its chain of masters ends.
#pragma once

#include "topology/addresses.h"
#include "topology/join.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace redisctl::topology {

// Where a chain of masters ends.
struct ChainEnd {
    enum Kind {
        node,     // at `last`: a master, or a node that did not answer
        outside,  // `last` follows an address that is no node of ours
        loop,     // never; `last` is in the circle
        unknown,  // `last` does not say whom it follows
    };
    Kind kind = unknown;
    size_t last = 0;
};

struct Graph {
    std::vector<std::optional<size_t>> master;   // whom a replica follows; nullopt: not a replica, or none of ours
    std::vector<std::optional<size_t>> leaving;  // in instance.leaving: whom a replica follows that is being deleted
    std::vector<ChainEnd> end;                   // of each node's chain; a node's own when it is no replica
    std::vector<std::vector<size_t>>
        loops;                  // each circle once, in the order of following; one node alone follows itself
    std::vector<size_t> first;  // AddressBook::first_of

    // The master at the end of a replica's chain; nullopt when the chain ends elsewhere or its end did not say that it
    // is one.
    std::optional<size_t> top(size_t i, const Answers& answers) const;
};

// A master's address that no node has (NAT, announced address, another name of the host) is still found when just one
// node has the same replication id and a replica line that is no other node's.
Graph make_graph(const fleet::Instance& instance, const Answers& answers, const AddressBook& book);

}  // namespace redisctl::topology
