// A switch as data: an ordered list of steps, each with what it does, what must hold before and after, and how it is
// undone. Dry run, executor, events, journal, resume, abort, documentation and the fault tests all read the same list.
// Plain values: no behaviour, no secrets, and a JSON form that reads back as the same plan.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "failover/check.h"
#include "failover/wish.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace redisctl::failover {

using Words = std::vector<std::string>;  // a command as it is sent

// --- What must hold. Every one is read fresh from the server or the API. ---

struct RoleIs {
    std::string node, role;  // master | replica
};
// The process is the one that the plan was made for: a restarted one has lost its settings, maybe its data.
struct SameProcess {
    std::string node, run_id;
};
// A replica of exactly this master, by its history; its link up when `linked`.
struct Follows {
    std::string node, master;
    bool linked = true;
};
// A replica whose master is this address (parked at one where nobody lives).
struct FollowsAddress {
    std::string node, host;
    int64_t port = 0;
};
struct SettingIs {
    std::string node, name, value;
};
// A master that refuses every write: it has fewer good replicas than min-replicas-to-write asks for, or is no master.
struct WritesRefused {
    std::string node;
};
// FAILOVER is under way there, or it is not.
struct HandsOver {
    std::string node;
    bool under_way = false;
};
struct OffsetGapAtMost {
    std::string master, replica;
    int64_t bytes = 0;
};
struct SelectorIs {
    std::string service;
    std::map<std::string, std::string> selector;
};
struct EndpointsAre {
    std::string service, pod;
};
struct LabelIs {
    std::string pod, key, value;  // an empty value: the label is absent
};
struct AnnotationIs {
    std::string service, key, value;  // an empty value: absent
};
// No pod of this name has this uid any more: the API server forgets it when its kubelet says that its processes are
// gone.
struct PodGone {
    std::string pod, uid;
};
// So many of these Sentinels name this node as the master, and are at no failover.
struct SentinelsName {
    std::vector<std::string> sentinels;
    std::string master, node;  // master: as they call what they watch
    int64_t needed = 0;
};
// This Sentinel knows the replica's priority by now; it asks every ten seconds.
struct SentinelSees {
    std::string sentinel, master, node;
    int64_t priority = 0;
};
// Each of these Sentinels has heard from the node that it is a replica; they ask every ten seconds.
struct SentinelsSeeReplica {
    std::vector<std::string> sentinels;
    std::string master, node;
};
// This Sentinel is at a failover of the master.
struct SentinelAtIt {
    std::string node, master;  // master: its name in Sentinel
};
// A Sentinel that could go on undisturbed: not in TILT mode, no failover of this master under way.
struct SentinelCalm {
    std::string node, master;  // master: its name in Sentinel
};
// It remembers all of these and hears them, by address or by id ("" is unknown), and where `quorum` CKQUORUM says yes.
struct SentinelKnows {
    std::string node, master;
    std::map<std::string, std::string> replicas, sentinels;  // "host:port" as Sentinels say it → id
    bool quorum = true;
};
// It remembers none of these addresses.
struct SentinelForgot {
    std::string node, master;
    std::vector<std::string> addresses;
};
struct SentinelWatches {
    std::string node, master, host;  // an empty host: no master of this name
    int64_t port = 0;
};
// As SENTINEL MASTERS says them: quorum, down-after-milliseconds, failover-timeout, parallel-syncs.
struct SentinelSettings {
    std::string node, master;
    std::map<std::string, std::string> settings;
};
using Condition =
    std::variant<RoleIs, SameProcess, Follows, FollowsAddress, SettingIs, WritesRefused, HandsOver, OffsetGapAtMost,
                 SelectorIs, EndpointsAre, LabelIs, AnnotationIs, PodGone, SentinelsName, SentinelSees,
                 SentinelsSeeReplica, SentinelAtIt, SentinelCalm, SentinelKnows, SentinelForgot, SentinelWatches,
                 SentinelSettings>;

// --- What is done. ---

// Commands to nodes, all nodes at once, those of one node in their order.
struct Send {
    struct To {
        std::string node;
        std::vector<Words> commands;
    };
    std::vector<To> to;
};
// FAILOVER TO on the master, and REPLCONF GETACK * to the replica until it is the master: without it the replica tells
// its offset once a second only (redis src/replication.c replicationCron).
struct HandOver {
    std::string from, to, host;  // host, port: the replica as the master lists it
    int64_t port = 0, timeout_ms = 3'000;
    std::string probe_key;  // written on the new master as soon as it takes writes; empty: none
    Send behind = {};       // said in that moment too, and answers are not waited for long: a step behind sees to it
};
// Ends a FAILOVER that is still under way: writes are held until the replica has said that it was not promoted.
struct TakeBack {
    std::string from, to, host;
    int64_t port = 0;
};
// SENTINEL FAILOVER on one Sentinel, which then promotes a replica: watched until `to` is the master, or the Sentinel
// has given up.
struct SentinelFailover {
    std::string sentinel, master;     // master: as it calls what it watches
    std::string from, to;             // from: fenced until then; empty: it is dead
    std::vector<std::string> others;  // that must not be the ones
    std::string probe_key;            // as of HandOver
    // Valkey 9: that Sentinel is elected, and tells `from` to hold all writes and to hand over (FAILOVER TO); `to` is
    // sent REPLCONF GETACK * meanwhile, as of HandOver.
    bool coordinated = false;
    // So long the writes may be held; 0: they are not. Then a hand-over is an error, to be taken back, and a pause of
    // ours, which would end by itself, becomes a fence: `refuse` is sent to `from`.
    int64_t held_ms = 0;
    std::vector<Words> refuse = {};
};
// Wait until most of these Sentinels name the node. Where the one that promoted it died before it told the others, one
// of them is told to promote it once more: that changes nothing on a master, and this one spreads it.
struct SentinelsAgree {
    std::vector<std::string> sentinels;
    std::string master, node;
    std::vector<std::string> addresses;  // of the node: any of these is it
    int64_t patience_ms = 5'000;         // before another one is told
};
// Says to each of these Sentinels where the master is, in the words of one that has made a failover, and in the name of
// another that it knows (redis src/sentinel.c sentinelPublishCommand, sentinelProcessHelloMessage): in a higher epoch
// than its own it believes it, keeps all its settings and the other Sentinels, and publishes +switch-master. In the
// epoch that it is in it changes nothing.
struct TellSentinels {
    struct Word {
        std::string sentinel;
        std::string by_host;  // by_…: the other one, as this one lists it
        int64_t by_port = 0;
        std::string by_id;
        std::string from_host;  // as this one calls the master up to now
        int64_t from_port = 0;
        std::string host;  // as this one lists the node
        int64_t port = 0;
    };
    std::vector<Word> words;
    std::string master, node;  // master: as they call what they watch
    int64_t epoch = 0;
    bool all = false;  // every one must have heard it; else most, as these tell the others within two seconds
    int64_t timeout_ms = 5'000;
};
// REPLICAOF NO ONE, and the probe right behind it.
struct Promote {
    std::string node, probe_key;
};
// Wait until the replica has applied all that the master wrote, twice in a row. once: for a moment is enough, because
// min-replicas-to-write does not stop everything (PUBLISH; EVAL before 7.0).
struct CatchUp {
    std::string master, replica;
    int64_t timeout_ms = 3'000;
    bool once = false;
};
struct PatchSelector {
    std::string service;
    std::map<std::string, std::string> from, to;
};
struct AwaitEndpoints {
    std::string service, pod;
    int64_t settle_ms = 0;
};
struct PatchLabel {
    std::string pod, key, from, to;  // empty: absent
};
// Annotations of a Service; an empty value removes one.
struct Annotate {
    std::string service;
    std::map<std::string, std::string> values;
};
// Write a key that nobody uses, until it is acknowledged; then wait until so many replicas have it.
struct WriteProbe {
    std::string node, key;
    int64_t replicas = 0;
    int64_t timeout_ms = 5'000;
};
// Write a key through a Service's own address, on a connection of its own, until it is found on the node.
struct ServiceProbe {
    std::string service, address, node, key;  // address: "host:port"
    int64_t timeout_ms = 2'000;
};
// Wait for the conditions behind; nothing is sent.
struct Wait {
    int64_t timeout_ms = 5'000;
};
// Delete the pod of this uid, so that its process is gone for certain.
struct DeletePod {
    std::string pod, uid;
};
// What one master wrote and the other lacks, read from its backlog (PSYNC) and saved to a file that redis-cli --pipe
// can replay. `must`: without that nothing goes on.
struct SaveUnshared {
    std::string node, versus, file;
    int64_t max_bytes = 64 << 20, timeout_ms = 60'000;
    bool must = false;
};
// A Sentinel watches this master from now on, in one go. Its password for Redis is the one that we log in with at
// `auth_of`; it is read when it is needed, and stands in no plan.
struct Monitor {
    std::string node;
    std::vector<std::string> forget;  // names that it watches and is not to watch any more: SENTINEL REMOVE
    std::string master, host;
    int64_t port = 0;
    std::map<std::string, std::string> settings;  // SENTINEL SET, and the quorum
    std::string auth_of;                          // a Redis node's name
};
using Action = std::variant<Wait, Send, HandOver, TakeBack, SentinelFailover, SentinelsAgree, TellSentinels, Promote,
                            CatchUp, PatchSelector, AwaitEndpoints, PatchLabel, Annotate, WriteProbe, ServiceProbe,
                            DeletePod, SaveUnshared, Monitor>;

// Does it change anything? What only waits needs no journal and no lock.
bool changes(const Action& action);

struct Step {
    std::string id;    // stable: names in events, journal, documentation: "route-services", "hand-over" …
    std::string why;   // one sentence
    std::string node;  // where; empty when it is at several places or none
    std::vector<Condition> before, after;
    Action action;
    std::vector<Action> undo;       // in this order; empty: there is nothing to undo
    std::vector<Condition> undone;  // hold again after the undo
    // When these hold the step is not needed any more (and was perhaps done): it is passed over.
    std::vector<Condition> already;
    int64_t patience_ms = 5'000;  // for `after`
    bool opens_window = false;    // from here on writers wait or are refused
    bool commits = false;         // the point of no return: with this done, the rest is finished, never undone
    std::string achieved;         // a sentence that is true once it is done: "s1 forgot 10.0.0.7:26379"; may be empty
    bool essential = true;        // false: failing is a warning in the report; the switch itself stands
};

// How many points a replica got and why, best first.
struct Score {
    std::string node;
    bool eligible = false;
    int64_t points = 0;
    std::string why;
    std::vector<std::string> reasons;
};

// What the proof of zero loss compares with afterwards (protocols: replid, offsets, counters before the switch).
struct Baseline {
    std::string replid;                          // of the old master
    std::map<std::string, std::string> run_ids;  // by node
    int64_t sync_full = 0, sync_partial_ok = 0;  // of the target
    std::map<std::string, int64_t> keys;         // of the old master by db, for the report
};

// What one node has and another lacks. Nullopt: unknown, then `reason` says why.
struct Unshared {
    std::string node, versus;
    std::optional<int64_t> bytes, writes;
    std::map<std::string, int64_t> commands, prefixes;  // writes by name, and by the beginning of their key
    bool whole = true;  // false: more than the limit; `writes` and the file are the first of them
    std::string reason;
    std::string file;  // where they were saved; empty: nowhere
};

struct Plan {
    std::string command;  // failover, return-home, promote-replica …
    std::string instance, ns, system;
    std::string context;  // of the kubeconfig; empty without Kubernetes
    Mode mode = Mode::planned;
    std::string engine;    // failover-command | fenced | sentinel | sentinel-coordinated | sentinel-ahead | emergency;
                           // empty when only repairing
    std::string from, to;  // old and new master
    std::string replica;   // the one that is attached to `to` again; empty: the change is about the master
    std::string master;    // where no master changes: the one that there is, before and after
    std::vector<std::string> others;
    std::vector<std::string> sentinels;  // that watch it; where the change is about them: all of them
    // By node: every "host:port" by which servers call it; what follows what is read with these.
    std::map<std::string, std::vector<std::string>> addresses;
    std::string probe_key;  // written before the switch, looked for afterwards; empty with --no-probe
    std::vector<Check> checks;
    std::vector<Score> candidates;
    std::vector<std::string> notes;     // sentences for people: what is volatile, what a system will do by itself
    std::string expected_outage;        // "for a few milliseconds; writers wait"
    std::optional<int64_t> loss_bound;  // bytes: 0 planned; an emergency's is nullopt where it cannot be known
    std::string loss_reason;            // why it is unknown, or what it is made of
    Baseline baseline;
    std::vector<Unshared> unshared;  // when masters are brought together
    std::vector<Step> steps;
};

// Where a Sentinel promotes while a pause of ours holds the old master's writes; nullptr: in no step of it.
const SentinelFailover* held_by(const Plan& plan);

// SET key 1 EX 600: it goes away by itself, whatever becomes of us.
Words probe_words(const std::string& key);

// REMOVE, MONITOR and SET as they are sent, all but the password.
std::vector<Words> monitor_words(const Monitor& monitor);

// What this one of the Sentinels is told.
Words hello_words(const TellSentinels& tell, const TellSentinels::Word& word);

// The exact words per node, patches as kubectl would take them, waits in words; one line each.
std::vector<std::string> lines_of(const Action& action);
std::string sentence_of(const Condition& condition);

nlohmann::ordered_json to_json(const Plan& plan);
nlohmann::ordered_json to_json(const Action& action);
nlohmann::ordered_json to_json(const Unshared& unshared);
nlohmann::ordered_json to_json(const Condition& condition);
// Errors: protocol, when a journal's text is no plan of this version.
Result<Plan> plan_from_json(const nlohmann::ordered_json& json);

}  // namespace redisctl::failover
