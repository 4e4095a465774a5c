// The steps of a switch that its engines share; planner.cpp puts them in order. Inside failover/ only. Each adds its
// step to the plan, or nothing where there is nothing to do.
#pragma once

#include "failover/plan.h"
#include "failover/planner.h"
#include "failover/wish.h"

#include <cstdint>
#include <string>
#include <vector>

namespace redisctl::failover {

class SwitchSteps {
  protected:
    // Both outlive it. The plan knows who is who, and has no steps yet.
    SwitchSteps(const Cast& cast, const Wish& wish);

    // Before the switch.
    void probe_before();
    // Clients that connect from now on come to the new master at once; those that are connected stay where they are
    // until the few milliseconds of the switch.
    void route_services();
    void await_endpoints(int64_t settle_ms);  // behind the last of them

    // Roles, processes and links as they were when the plan was made.
    std::vector<Condition> as_planned() const;

    // The old master refuses every write from here on; what was borrowed for it is given back by what makes it a
    // replica.
    void fence();
    // The same for so long, and writers wait instead of being refused: it ends by itself.
    void hold();
    std::vector<Words> refuse_writes() const;
    std::vector<Words> unfence_and_follow() const;

    // The point of no return: FAILOVER, or the word of ours.
    Step& hand_over();
    Step& promote();

    // An emergency's.
    void begin_emergency();  // mode, outage, what is known of the loss
    // A process that only hangs wakes up and acknowledges writes that nobody will ever see.
    void delete_old_pod();
    // A new master that asks for more replicas than are left would refuse every write.
    void lower_minimum();

    // Behind the switch.
    void move_labels();
    void move_label(const MovedLabel& label);
    void kill_clients();
    void repoint_others();
    void await_others();
    void await_old();
    void probe_after();
    void annotate();
    void persist();
    void finish();  // all that every engine does when the new master takes writes

    std::string second_probe() const;  // the key; empty without probes

    const Cast& cast_;
    const Wish& wish_;
    Plan plan_;

  private:
    bool sets_max_lag() const { return cast_.old.min_replicas_lag == "0"; }
    std::vector<Words> unfence() const;
    std::vector<std::string> names_of_services() const;   // whose selectors move
    std::vector<std::string> services_that_lead() const;  // and those that follow a label that moves
};

}  // namespace redisctl::failover
