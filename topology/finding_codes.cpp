#include "topology/finding_codes.h"

#include <algorithm>

namespace redisctl::topology {

namespace {

constexpr std::string_view nodes = "Nodes", replication = "Replication", who = "Who is the master",
                           services = "Services";
constexpr Severity info = Severity::info, warning = Severity::warning, critical = Severity::critical;

std::vector<FindingCode> instance_finding_codes() {
    return {
        {"NODE_UNREACHABLE",
         nodes,
         critical,
         "",
         "a Redis or Sentinel could not be connected to, or did not answer in time",
         "its log, its pod; a longer `--timeout` where the way is long",
         {"kubectl get pods -o wide", "kubectl logs POD --all-containers --tail=50"}},
        {"NODE_NOT_RUNNING",
         nodes,
         critical,
         "",
         "the pod is not running (error `NOT_RUNNING`), or sleeps in diagnostic mode (`DIAGNOSTIC_MODE`)",
         "the events of the pod name the reason",
         {"kubectl describe pod POD"}},
        {"NODE_DENIED",
         nodes,
         critical,
         "",
         "no password, a wrong one, or a user who may not ask",
         "where the password was taken from; `--password-secret NAME:KEY` names another place",
         {"redisctl pods -o wide"}},
        {"NODE_ERROR",
         nodes,
         critical,
         "",
         "something else answered, or an error of the server's own",
         "the message says what came",
         {"redisctl ping", "kubectl logs POD --all-containers --tail=50"}},
        {"LOADING",
         nodes,
         critical,
         "warning for a replica",
         "it reads its data from disk and serves no commands yet",
         "wait; INFO shows how far it is",
         {"redisctl info persistence --node NODE"}},
        {"SAME_PROCESS", nodes, warning, "", "two names lead to one process", "name it once", {"redisctl info server"}},
        {"MIXED_VERSIONS",
         nodes,
         warning,
         "",
         "the nodes run different versions: a replica older than its master may not read its data",
         "finish the upgrade, replicas first",
         {"redisctl version"}},
        {"CLUSTER_MODE",
         nodes,
         warning,
         "",
         "a Redis Cluster, which redisctl neither judges nor changes",
         "its own tool",
         {"redis-cli --cluster check HOST:PORT"}},

        {"REPLICA_LINK_DOWN",
         replication,
         critical,
         "",
         "a replica has no link to its master: it serves old data and falls behind",
         "its log names the cause: DNS, network, `masterauth`, the master itself",
         {"kubectl logs POD --all-containers --tail=50", "redisctl info replication --node NODE"}},
        {"REPLICA_SYNCING",
         replication,
         warning,
         "",
         "a full copy is under way; until it is done the replica may hold nothing",
         "wait; do not promote it",
         {"redisctl replication-info"}},
        {"REPLICA_ON_OTHER_HISTORY",
         replication,
         warning,
         "",
         "without link, and its data are no part of the master's history: it was a master itself, or missed a "
         "promotion",
         "`heal` shows what only it has; `resync-replica` gives that up",
         {"redisctl heal", "redisctl resync-replica NODE"}},
        {"REPLICA_OF_REPLICA",
         replication,
         warning,
         "",
         "a chain: when the middle is lost, so is the end",
         "`heal` points it at the master",
         {"redisctl heal"}},
        {"REPLICATION_LOOP",
         replication,
         critical,
         "",
         "replicas follow each other in a circle, nobody is the master",
         "`heal`: the one with the most of the history becomes the master",
         {"redisctl heal"}},
        {"SELF_FOLLOWING",
         replication,
         critical,
         "",
         "a node is told to follow itself; the Spotahome operator's pods start so",
         "under an operator wait for it; else `heal`",
         {"redisctl heal"}},
        {"ORPHAN",
         replication,
         critical,
         "warning when the link is up and the instance has no master of its own",
         "it follows an address that is no node of the instance: a pod's address of before, another system, a master "
         "outside",
         "`heal` points it at the master; nothing, where the master is meant to be outside",
         {"redisctl role", "redisctl heal"}},
        {"WRITABLE_REPLICA",
         replication,
         warning,
         "",
         "`replica-read-only no`: what is written there is never replicated and vanishes",
         "who set it, and who writes there",
         {"redis-cli -h HOST -p PORT CONFIG SET replica-read-only yes"}},
        {"LAG_OVER_LIMIT",
         replication,
         critical,
         "",
         "a replica is further behind than a limit of `replica-lag` allows",
         "the network, a slow disk, or more writes than the replica can take",
         {"redisctl replica-lag", "redisctl info replication --node NODE"}},
        {"LAG_UNKNOWN",
         replication,
         warning,
         "critical under a limit of `replica-lag`",
         "the link is up, yet offsets or histories do not allow a number; under a limit also: the node is silent",
         "ask again; with the link up it lasts only while a replica joins",
         {"redisctl replica-lag"}},
        {"NO_REPLICAS", replication, info, "", "one node alone: nothing can take over, and nothing else holds its data",
         ""},
        {"FAILOVER_IN_PROGRESS",
         replication,
         warning,
         "",
         "`FAILOVER` is under way on this master",
         "wait, or end it",
         {"redis-cli -h HOST -p PORT FAILOVER ABORT"}},

        {"NO_MASTER",
         who,
         critical,
         "",
         "no node that answered is a master",
         "who is silent, and why; when all answer `heal`; under Sentinel `failover`, which says why they elect nobody",
         {"redisctl role", "redisctl heal", "redisctl failover --dry-run"}},
        {"SPLIT_BRAIN",
         who,
         critical,
         "",
         "several masters at once, with a history in common or replicas among them",
         "`heal` shows both histories, saves what only the loser has and demotes it; Sentinels demote it unsaved, some "
         "ten seconds later",
         {"redisctl heal"}},
        {"UNRELATED_MASTERS",
         who,
         critical,
         "",
         "several masters that never followed one another behind one Service: a standalone chart scaled up",
         "scale to 1, or install the chart in its replication mode",
         {"redisctl role", "redisctl services"}},
        {"MASTER_DISAGREEMENT",
         who,
         critical,
         "",
         "nodes, Sentinels, role labels and Services name different masters; each is listed",
         "the odd one out says where to look; during a failover ask again after some seconds",
         {"redisctl master-info"}},
        {"HOME_DRIFT",
         who,
         critical,
         "",
         "the master is not the pod that the chart makes the master at every start: a restart can bring a second "
         "master or none",
         "go back to the home pod by a planned switch before any restart, drain or `helm upgrade`; `guard` until then",
         {"redisctl return-home --dry-run", "redisctl return-home", "redisctl guard"}},
        {"ROLE_LABEL_MISMATCH",
         who,
         warning,
         "",
         "the role label of a pod says other than the pod",
         "who sets it: the operator, or the container `kubectl-shared`; is it alive?",
         {"kubectl get pods --show-labels", "redisctl label sync --dry-run"}},
    };
}

std::vector<FindingCode> service_finding_codes() {
    return {
        {"SERVICE_ROUTES_TO_REPLICA",
         services,
         critical,
         "warning when only its name says master",
         "a master's Service leads to a replica: every write through it fails",
         "its selector, or its pods' labels",
         {"redisctl services -o wide", "kubectl get endpointslices -l kubernetes.io/service-name=SERVICE -o wide"}},
        {"SERVICE_WITHOUT_ENDPOINTS",
         services,
         critical,
         "warning when it is not a master's Service",
         "it leads to nothing",
         "no pod is ready, or none has the label that it selects",
         {"redisctl services -o wide", "kubectl get pods --show-labels"}},
        {"SERVICES_UNKNOWN",
         services,
         warning,
         "",
         "Services or EndpointSlices could not be read, so nothing is said about them",
         "the finding's message names the reason, its hint what to do",
         {"kubectl auth can-i list services", "kubectl auth can-i list endpointslices.discovery.k8s.io"}},
    };
}

}  // namespace

std::span<const FindingCode> finding_codes() {
    static const std::vector<FindingCode> codes = [] {
        std::vector<FindingCode> all;
        for (const auto& part :
             {instance_finding_codes(), sentinel_finding_codes(), operator_finding_codes(), service_finding_codes(),
              condition_finding_codes(), client_finding_codes(), backup_finding_codes()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return codes;
}

const FindingCode* find_code(std::string_view code) {
    const std::span<const FindingCode> codes = finding_codes();
    const auto found =
        std::find_if(codes.begin(), codes.end(), [&](const FindingCode& one) { return one.code == code; });
    return found == codes.end() ? nullptr : &*found;
}

}  // namespace redisctl::topology
