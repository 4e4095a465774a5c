// Facts, chosen candidate and wish → a plan. Pure. Which engine: FAILOVER where every server knows it (6.2+) and it is
// not renamed, denied or dangerous (modules that write in pauses crash the server: valkey issues 1921, 3645), else the
// fence; where Sentinels watch the master one of them promotes, by FAILOVER where they are Valkey 9, or, when asked
// for, FAILOVER does and they are told at once; an emergency when the master is dead.
#pragma once

#include "failover/plan.h"
#include "failover/wish.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace redisctl::failover {

// A node in a switch.
struct Player {
    std::string name, pod, uid, run_id, version;
    std::string host;  // by which the other servers are to follow it
    int64_t port = 0;
    std::string listed_host;  // as its master lists it, which FAILOVER TO wants byte by byte
    int64_t listed_port = 0;
    std::vector<std::string> addresses;          // all "host:port" by which it is called
    std::string min_replicas, min_replicas_lag;  // settings; empty when unknown
    int64_t priority = 100;                      // replica-priority
    bool has_config_file = false;
};

// The Sentinels that watch the master.
struct SentinelWatch {
    std::string master;                  // as they call it
    std::vector<std::string> sentinels;  // those that answered
    std::string leader;                  // the one that is told to promote; empty: none can, and it is done by hand
    // Those that heard last that the target is a master, although it is none: a switch a few seconds ago.
    std::vector<std::string> mistaken;
    // The others get replica-priority 0 meanwhile: a Sentinel chooses by itself, and the next one may choose again.
    bool keep_others_out = true;
    std::vector<std::map<std::string, std::string>> settings;  // of each: its quorum and times
    // For an engine that promotes without them: what each is told then, in whose name, and in which epoch they are.
    std::vector<TellSentinels::Word> words;
    int64_t epoch = 0;
    int64_t down_after_ms = 0;  // the shortest
};

// A Service that leads to the master by its selector and is nobody else's to patch.
struct MovedService {
    std::string name;
    std::map<std::string, std::string> from, to;  // selectors
};

// A label by which pods are called master or replica.
struct MovedLabel {
    std::string key, master, replica;   // values; replica empty: the label is absent there
    std::string old_value, new_value;   // what old and new master's pods carry now
    std::vector<std::string> wrongly;   // other pods that are called master too
    std::vector<std::string> services;  // that the label leads: it is moved before the switch then, as a selector is
};

struct Cast {
    std::string command = "failover", instance, ns, system;
    Player old, target;
    std::vector<Player> others;  // those that answered
    std::vector<MovedService> services;
    std::vector<MovedLabel> labels;
    std::optional<SentinelWatch> watch;
    bool old_lost_role = false;  // an emergency's: it answers, as a replica of nobody, and has to follow too
    std::map<std::string, std::string> service_addresses;  // by name: the "ip:port" of those that have one
    std::string home;                    // the pod that the chart makes the master at every start; empty: none
    std::vector<std::string> annotated;  // Services that carry the annotation of a master away from home
    Baseline baseline;
    std::vector<std::string> notes;
    std::string operation;
};

Plan plan_failover_command(const Cast& cast, const Wish& wish);
Plan plan_fenced(const Cast& cast, const Wish& wish);
Plan plan_sentinel(const Cast& cast, const Wish& wish);              // with cast.watch
Plan plan_sentinel_coordinated(const Cast& cast, const Wish& wish);  // with cast.watch
Plan plan_sentinel_ahead(const Cast& cast, const Wish& wish);        // with cast.watch
Plan plan_emergency(const Cast& cast, const Wish& wish);  // by hand; then it is named to Sentinels that watch
Plan plan_emergency_by_sentinel(const Cast& cast, const Wish& wish);  // with cast.watch and its leader

// Where a parked master is sent: nobody lives there, so it takes no writes and follows nobody.
inline constexpr const char* parking_host = "127.0.0.1";
inline constexpr int64_t parking_port = 1;
inline constexpr const char* fence_value = "1000";  // more replicas than any master has

}  // namespace redisctl::failover
