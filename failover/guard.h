// What guards a master that is away from home: the chart gives out roles at every start, so a pod that comes back is a
// second master, or follows one. Pure: what is to be done is decided from what was seen, now and before. Nobody is ever
// promoted, and nobody who may have writes of its own is made to follow: that would destroy them.
#pragma once

#include "base/error.h"
#include "fleet/node.h"
#include "redis/node_view.h"
#include "redis/value.h"
#include "topology/picture.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

// Has a master taken writes since its process started? Told by INFO and TIME: nothing has changed in its keys, and no
// save has set that count back (redis src/server.c server.dirty, server.lastsave).
struct OwnWrites {
    bool wrote = true;
    int64_t keys = 0;
};
// The requests whose replies read_own_writes takes, in this order. Errors: protocol, when a field is missing.
std::vector<redis::Request> own_writes_requests();
Result<OwnWrites> read_own_writes(const std::vector<redis::Value>& replies);

struct Judgement {
    struct Attach {
        std::string node, run_id;  // the process that is meant
        bool was_master = false;
    };
    struct Alarm {
        std::string node;
        Error error;
    };
    std::vector<Attach> attach;  // these are to follow the master
    std::vector<Alarm> alarms;
};

class Guard {
  public:
    // One look. `services_lead_to`: the one node that all Services for writes lead to; empty when it is not known. Only
    // asked for when several nodes call themselves master and nothing is remembered.
    void see(const fleet::Instance& instance, const topology::Picture& picture, const std::string& services_lead_to);

    // The node that the others are to follow; empty while nobody knows.
    const std::string& master() const { return master_; }
    bool at_home() const { return master_ == home_; }
    // By which the others are to follow it.
    const std::string& host() const { return host_; }
    int64_t port() const { return port_; }

    // Masters beside the master, that came back since: whether they wrote has to be asked before judging.
    const std::vector<std::string>& suspects() const { return suspects_; }
    Judgement judge(const std::map<std::string, Result<OwnWrites>>& writes) const;

  private:
    struct Known {
        std::string run_id;
        bool followed = false;  // a linked replica of the master, so that it has nothing that the master has not
    };

    const topology::NodePicture* find(const std::string& name) const;
    void find_master(const std::string& services_lead_to);
    void find_address(const fleet::Instance& instance);
    void remember();
    bool restarted(const topology::NodePicture& node) const;
    std::optional<Error> why_not_attach(const topology::NodePicture& node, const Result<OwnWrites>& writes) const;

    topology::Picture picture_;
    std::string master_, master_run_id_, home_, host_;
    int64_t port_ = 0;
    std::string lost_;  // why there is no master to follow
    std::vector<std::string> suspects_;
    std::map<std::string, Known> known_;  // by node, of the looks before this one
};

}  // namespace redisctl::failover
