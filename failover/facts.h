// What a switch decides by: the picture of one instance, and of each node what the picture does not need but a switch
// does. Plain values, gathered by survey_redis.h and survey_kubernetes.h, read by the checks, the choice of a candidate
// and the planner. What could not be read says why and is never taken for good.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "failover/facts_kubernetes.h"
#include "failover/wish.h"
#include "fleet/node.h"
#include "redis/info_fields.h"
#include "redis/node_view.h"
#include "redis/sentinel_memory.h"
#include "redis/sentinel_view.h"
#include "topology/join.h"
#include "topology/picture.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redisctl::failover {

// May we run a command on a node? missing: renamed, disabled, or the server is too old for it.
enum class Ability { yes, missing, denied, unknown };

// CONFIG GET, by name. The password is kept apart from what may be printed.
struct Settings {
    std::map<std::string, std::string, std::less<>> values;
    Secret master_password;  // masterauth: what the node logs in with where it is a replica
};

// Who else is connected to a node, and the Sentinels that listen there.
struct Company {
    std::vector<std::string> operations;      // connections of other operations of redisctl: their names
    std::vector<std::string> sentinels;       // connections of Sentinels: their names
    std::vector<std::string> sentinel_users;  // as whom those are logged in; empty before 6.0
    std::optional<int64_t> listeners;         // subscribers of __sentinel__:hello
};

// Answers to PING, each in a round trip of its own. Of twenty the 95th percentile is the second slowest: one late
// answer is the network's or a scheduler's, two are the server's.
struct Latency {
    size_t count = 0;
    Micros fastest{}, p95{};
};

// A replication offset at a moment since the survey began: a master's own, the applied one of a replica.
struct OffsetSample {
    Micros at{};
    int64_t offset = 0;
};

struct NodeFacts {
    Result<redis::NodeView> view;  // of the survey, newer than the picture's; Errors: as of any look
    // The rest is empty or default when there is no view.
    redis::InfoFields info;  // every field of INFO
    Result<Settings> settings;
    // "failover" "replicaof" "replconf" "psync" "config|set" "client|kill" "client|pause" "multi" "exec" "wait" "set"
    std::map<std::string, Ability, std::less<>> abilities;
    std::map<std::string, std::vector<std::string>, std::less<>> categories;  // ACL categories of those commands
    std::string user;  // whom we are logged in as; empty before 6.0
    // May all users of Sentinels that are connected run these: "failover" "client|pause" "client|unpause"? Empty where
    // it is not known (ACL DRYRUN came with 7.0).
    std::map<std::string, Ability, std::less<>> sentinel_abilities;
    Result<std::vector<std::string>> modules;  // those that may write by themselves
    Result<Company> company;
    std::optional<Latency> latency;
    std::optional<OffsetSample> earlier, later;
    // Replicas: can the master log in here with its own masteruser and masterauth, as it must after the switch; and
    // this node at the master, as it must when the switch is turned back? Really tried. nullopt: not asked.
    std::optional<Result<void>> admits_master, admitted_by_master;
};

// What one Sentinel says about this instance.
struct SentinelWord {
    redis::SentinelMaster master;
    std::vector<redis::Remembered> replicas;
    Result<void> quorum;  // SENTINEL CKQUORUM: could a failover be agreed on? Errors: why not
    std::optional<bool> tilt;
    Result<redis::SentinelMemory> memory;  // the others that it knows, and its own id
    std::string server, version;           // "valkey", "9.1.2"
};
struct SentinelFacts {
    std::string name;
    Result<SentinelWord> word;  // Errors: it does not answer, or watches none of ours
};

struct Facts {
    fleet::Instance instance;
    topology::Picture picture;
    std::vector<NodeFacts> nodes;          // in the order of instance.nodes and picture.nodes
    std::vector<SentinelFacts> sentinels;  // in the order of instance.sentinels
    std::optional<KubernetesFacts> kubernetes;
    // The node that is the master, or was; an address as it was told when no node has it; empty when it is not clear.
    std::string master;
    std::string why_no_master;
    // It answers, as a replica of nobody among us or of one that follows it: it was restarted, or told so, and nobody
    // took its place.
    bool lost_role = false;

    std::optional<size_t> index_of(std::string_view name) const;
    const NodeFacts* find(std::string_view name) const;
    // nullptr when the node did not answer the survey, or there is none of this name.
    const redis::NodeView* view_of(std::string_view name) const;
    std::vector<std::string> names() const;
};

// Fills master or why_no_master. It is the one node that calls itself master, or the one that is followed and does not
// answer; with both, or with several, nobody knows.
void find_master(Facts& facts);

// Where find_master found nobody and Sentinels watch: the node that was the master until it lost its role, by those who
// still follow it and by the Sentinels' word. Sets master and lost_role when there is exactly one.
void find_lost_master(Facts& facts);

// The line of the master's INFO that is this replica: the address by which servers call it, and which FAILOVER TO
// wants, byte by byte. nullptr when there is none, or it could be another's too.
const redis::AttachedReplica* line_of(const Facts& facts, std::string_view replica);

// What the master's history grew by in a second, between the two samples.
std::optional<int64_t> write_rate(const NodeFacts& master);

// What the replica has not applied of what the master has written, in both samples. Not on the same history: nullopt.
struct Gap {
    int64_t earlier = 0, later = 0;
};
std::optional<Gap> gap_of(const Facts& facts, std::string_view replica);

// "7.0.15" and "6.2": is the first at least the second? nullopt when one is no version.
std::optional<bool> at_least(std::string_view version, std::string_view other);

Ability ability(const NodeFacts& node, std::string_view command);

// What the nodes said of themselves, as topology/ wants it.
topology::Answers answers_of(const Facts& facts);

// Does a Sentinel that can be asked watch it? Then the switch is made by one.
bool watched_by_sentinels(const Facts& facts);

// Why FAILOVER TO cannot be used for this pair; empty when it can. Else the fenced engine is what is left. Modules do
// not count when the wish overrides that check.
std::string why_no_failover_command(const Facts& facts, std::string_view target, const Wish& wish = {});

// Why SENTINEL FAILOVER … COORDINATED cannot be used; empty when it can. The Sentinels must be Valkey 9 or later (not
// 9.1.0, which crashes when its connection to the old master ends: valkey issue 4066), and their user needs rights that
// it did not need before.
std::string why_no_coordination(const Facts& facts, std::string_view target, const Wish& wish = {});
bool speak_of_coordination(const Facts& facts);  // is any of them Valkey 9?

// What the Sentinels' users are not known to be permitted at the master, as ACL rules: "+failover +client|pause".
std::string missing_sentinel_rights(const Facts& facts);

}  // namespace redisctl::failover
