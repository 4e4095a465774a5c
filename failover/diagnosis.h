// What is wrong with who follows whom, and what would cure it. Pure: facts in, a diagnosis out; heal_planner.h makes a
// plan of it. It names one node that is the master, or is to become it, and what the others have to do with that.
#pragma once

#include "failover/check.h"
#include "failover/facts.h"
#include "failover/journal.h"
#include "failover/plan.h"

#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

// What a look does not show.
struct Hearsay {
    std::string keep;                 // the user's word for who the master is to be
    std::vector<Unshared> unshared;   // each master against each other one
    std::vector<Recorded> journals;   // of this instance, newest first
    std::vector<std::string> paused;  // nodes that hold writes back although nothing refuses them
};

// A replica that has to follow the survivor.
struct Misled {
    std::string node, why;
};

// A setting that a killed run left, and what it was before; `assumed`: no journal tells.
struct Leftover {
    std::string node, name, found, back;
    bool assumed = false;
};

struct Diagnosis {
    std::string survivor;             // empty: nobody can be chosen; a check says why
    std::string why;                  // this one
    bool promote = false;             // it is no master yet
    std::vector<std::string> losers;  // other masters
    std::vector<Misled> misled;
    std::vector<Leftover> leftovers;
    std::vector<std::string> paused;
    std::vector<std::string> troubles;  // each in a sentence
    std::vector<Check> checks;          // what stands in the way; a good one is not listed
    std::vector<Unshared> unshared;     // what is lost with the survivor as it is
    std::vector<Unshared> compared;     // every master against every other
    std::vector<std::string> notes;

    bool healthy() const { return troubles.empty(); }
    // Can writes be lost that somebody was told are safe?
    bool loses() const;
};

// The nodes that call themselves master, each process once.
std::vector<std::string> masters_of(const Facts& facts);

Diagnosis diagnose(const Facts& facts, const Hearsay& hearsay);

// Behind survey_logins for the survivor: who has to follow it and cannot log in there, or would go there without TLS,
// is a check that stands in the way.
void check_logins(const Facts& facts, Diagnosis& diagnosis);

}  // namespace redisctl::failover
