// What the Sentinels would do about a dead master: whom each would promote and why not the others, by the rules of
// redis src/sentinel.c sentinelSelectSlave, and whether they are about to. Pure.
#pragma once

#include "base/time.h"
#include "failover/facts.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

// One Sentinel's.
struct Election {
    std::string sentinel;
    std::string obstacle;                            // why it promotes nobody, even when it is told to; empty: it can
    std::map<std::string, std::string> passed_over;  // by node: why not this one, in words; those it could are not here
    std::string choice;        // whom it would promote by what it remembers; empty: nobody
    std::string fresh_choice;  // whom, if it has asked them all once more by then, as it may have

    bool could_promote(const std::string& node) const { return obstacle.empty() && !passed_over.contains(node); }
};

// facts.master is the dead one. In the order of facts.sentinels.
std::vector<Election> elections(const Facts& facts);

// What can be waited for: a failover of theirs that is under way, or that begins when enough of them have noticed.
struct Awaited {
    Millis at_most{0};
    std::string what;    // "10.0.1.1:26379 is at its failover of mymaster"
    bool begun = false;  // else it may never begin
};
struct Outlook {
    std::vector<Election> elections;
    bool quorum = false;             // one of those that answer says that a failover could be agreed on
    std::optional<Awaited> awaited;  // nullopt: nothing is to be expected of them
    std::string idle;                // why they have begun nothing; empty when they have
    bool restless = false;           // one of them holds the master for down: it may begin a failover at any time
};
Outlook outlook(const Facts& facts);

// The Sentinel that can be told to promote this node: one that would anyway, else one that could when the others are
// kept from it. Empty: none.
std::string promoter_of(const Outlook& outlook, const std::string& node);

// Does most of the Sentinels that answer name this node, none of them still at it?
bool settled_on(const Facts& facts, const std::string& node);

}  // namespace redisctl::failover
