#include "topology/finding_codes.h"

namespace redisctl::topology {

namespace {

constexpr std::string_view spotahome = "The Spotahome operator";
constexpr Severity info = Severity::info, warning = Severity::warning, critical = Severity::critical;

}  // namespace

std::vector<FindingCode> operator_finding_codes() {
    return {
        {"OPERATOR_STANDS_STILL",
         spotahome,
         warning,
         "",
         "with more than one master the operator does nothing at all: no healing, no labels, no updates",
         "`heal` demotes the one that the Sentinels do not name; the operator then goes on by itself",
         {"redisctl heal"}},
        {"OPERATOR_WAITS",
         spotahome,
         info,
         "",
         "the operator heals nothing and sets no label until every pod of the RedisFailover runs",
         "why it does not run",
         {"kubectl describe pod POD"}},
        {"OPERATOR_COUNT",
         spotahome,
         warning,
         "",
         "there are more or fewer Redis pods or Sentinels than the RedisFailover wants; the operator heals nothing",
         "the events of StatefulSet and Deployment",
         {"kubectl get pods -o wide", "kubectl get redisfailovers"}},
        {"OPERATOR_RESOURCE_MISSING",
         spotahome,
         warning,
         "",
         "the pods name a RedisFailover that is not there, or the cluster knows no such kind: nobody heals them",
         "was it deleted, or its definition? its volumes may go with it",
         {"kubectl get redisfailovers", "kubectl get crd redisfailovers.databases.spotahome.com"}},
        {"OPERATOR_RESOURCE_UNKNOWN",
         spotahome,
         info,
         "",
         "the RedisFailover could not be read, so whether it is in bootstrap mode is unknown",
         "permission `get` for `redisfailovers`: docs/rbac.yaml",
         {"kubectl auth can-i get redisfailovers.databases.spotahome.com"}},
        {"OPERATOR_CONFIG_DIFFERS",
         spotahome,
         warning,
         "",
         "a setting is not what `customConfig` wants, although the operator sets it at every turn: it does not come to "
         "it, or somebody sets it again",
         "does the operator run, and is there one master? change `customConfig`, not the server",
         {"redisctl status", "kubectl get redisfailovers -o yaml"}},
        {"AOF_NOT_LOADED",
         spotahome,
         warning,
         "",
         "an AOF is written that a restart does not load: it was switched on after the start, and the operator's "
         "redis.conf does not name it",
         "do not count on it: what comes back is the last dump.rdb, or what another node has",
         {"redisctl info persistence"}},
        {"OPERATOR_BOOTSTRAP_PORT",
         spotahome,
         critical,
         "",
         "`bootstrapNode.port` is not `spec.redis.port`, by which the operator calls its own pods then: it cannot "
         "point "
         "them at the bootstrap node",
         "the same port for both",
         {"kubectl get redisfailovers -o yaml"}},
        {"OPERATOR_NOT_READY",
         spotahome,
         warning,
         "",
         "`status` found the operator's Deployment, and none of its pods is ready: nobody heals, no label is set",
         "its events and its log",
         {"kubectl describe deployment DEPLOYMENT"}},
        {"OPERATOR_UNKNOWN",
         spotahome,
         info,
         "",
         "whether the operator runs is unknown: no Deployment `redis-operator` was found, or Deployments of all "
         "namespaces may not be listed",
         "it may run elsewhere, or under another name",
         {"kubectl get deployments -A"}},
    };
}

}  // namespace redisctl::topology
