// The Sentinels of one instance compared: what each remembers against what is there, and whether they could fail over.
// Pure. Rules: redis src/sentinel.c sentinelCommand (is-master-down-by-addr), sentinelGetLeader, sentinelSelectSlave.
#pragma once

#include "base/result.h"
#include "redis/sentinel_memory.h"
#include "topology/picture.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::fleet {
struct Instance;
}

namespace redisctl::topology {

// What a remembered replica or Sentinel is.
enum class Standing {
    here,       // one of the instance's, and it answered
    silent,     // one of the instance's, and it did not answer
    ghost,      // no pod has the address (plain hosts: nobody answers there), and the Sentinel hears nothing from it
    elsewhere,  // none of the instance's, but the Sentinel hears it: it can be reached from there and not from here
    crossed,    // a node of another instance
};
std::string_view standing_name(Standing standing);

struct Recalled {
    redis::Remembered told;
    std::string address;  // "host:port" as the Sentinel says it
    std::string node;     // one of ours, or "namespace/instance/node" of another instance; empty when it is unknown
    Standing standing = Standing::ghost;
    bool heard = false;  // by the Sentinel: up, with a fresh answer
};

struct CouncilMember {
    std::optional<Error> error;  // why it could not be asked what it remembers; the rest is empty then
    std::string my_id;
    std::vector<Recalled> replicas, sentinels;
    std::optional<bool> quorum_ok;  // SENTINEL CKQUORUM, and its words
    std::string quorum_words;
    std::string watches;     // the node, or the address as it was told; empty: no master of this instance
    bool on_master = false;  // that is the instance's master
    // A failover that it leads: all that it counts, how many of them would vote for it, and how many must.
    int64_t voters = 0, votes = 0, needed = 0;
    std::vector<std::string> no_vote;  // of the others, who would not, and why
    // Before that the quorum has to agree that the master is down: one in TILT mode votes, but never says so.
    int64_t agreeing = 0, quorum = 0;
    std::vector<std::string> tilted;
    bool has_candidate = false;             // a replica that it could promote
    std::vector<std::string> no_candidate;  // why not, for each replica
};

struct Council {
    // The instance's master: the one that all witnesses agree on; else the one that calls itself master and that most
    // Sentinels name; else the only one that calls itself master. Empty: not clear.
    std::string master;
    std::vector<CouncilMember> members;  // in the order of picture.sentinels
    std::optional<bool> can_fail_over;   // nullopt: no Sentinel could be asked
    std::vector<std::string> obstacles;  // why not, as sentences
};

// Whose address is this, if it is another instance's? "default/other/other-0"; empty when it is nobody's that is known.
using Whose = std::function<std::string(const std::string& host, int64_t port)>;

// memories: one for each Sentinel, in the order of instance.sentinels.
Council compare(const fleet::Instance& instance, const Picture& picture,
                const std::vector<Result<redis::SentinelMemory>>& memories, const Whose& whose);

std::vector<Finding> find_about_council(const fleet::Instance& instance, const Picture& picture, const Council& council,
                                        const Whose& whose);

// "40 s", "12 min", "5 h", "3 days"
std::string rough_time(int64_t ms);
}  // namespace redisctl::topology
