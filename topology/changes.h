// What is different between two looks at one instance. Pure.
#pragma once

#include "topology/picture.h"

#include <string>
#include <string_view>
#include <vector>

namespace redisctl::topology {

// One fact that was another before. The kinds, and what from and to are:
//   master     the instance's, as all witnesses agree: a node
//   masters    the nodes that answer, and say they are masters: "redis-0", "redis-0,redis-1"
//   health     healthy | degraded | critical | unknown
//   node       present | absent: its pod, or its line in what the others report
//   answers    yes, or why not: "TIMEOUT", "NOT_RUNNING" …
//   process    the run id of a node or Sentinel: it was restarted
//   role       of a node: master | replica
//   follows    of a replica: its master
//   link       of a replica: up | down
//   label      of a pod: "isMaster=true"
//   says       of a Sentinel: the master that it names, and its epoch
//   flags      of a Sentinel about the master: "s_down", "o_down", "failover_in_progress"; and "tilt"
//   endpoints  of a Service: the ready ones
struct Change {
    std::string_view kind;
    std::string subject;   // a node, Sentinel or Service; empty where it is about the instance
    std::string from, to;  // empty: nothing, or not known

    bool operator==(const Change&) const = default;
};

// What concerns the instance first, then nodes, Sentinels and Services in their order. What a silent one would say is
// not compared: that it is silent is the news.
std::vector<Change> changes_between(const Picture& before, const Picture& now);

// To compare the next look with: what was silent keeps what it said last, beside its error.
Picture with_memory(Picture now, const Picture& before);

}  // namespace redisctl::topology
