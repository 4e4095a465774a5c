#include "base/json_values.h"
#include "commands/command.h"
#include "commands/context.h"
#include "output/document.h"

#include <nlohmann/json.hpp>

#include <array>
#include <memory>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

// A target of make/ops/redis.mk and what to type instead; without a command there is no successor yet.
struct Target {
    std::string_view name, command, note;
};

constexpr std::array<Target, 57> kTargets{{
    {"redis-aof-rewrite", "redisctl aof-rewrite --wait", "and tells whether it succeeded"},
    {"redis-backup", "redisctl backup rdb", "what is in memory now, checked; not an old dump.rdb"},
    {"redis-backup-aof", "redisctl backup aof", "the RDB and every write since, which a server loads as it is"},
    {"redis-backup-config", "redisctl backup config", "a redis.conf a node; passwords only encrypted, --with-secrets"},
    {"redis-backup-k8s-resources", "redisctl backup k8s", "Lists that kubectl applies again"},
    {"redis-backup-rdb", "redisctl backup rdb", "from the freshest replica, checked to its end"},
    {"redis-bash", "redisctl shell", "in the master's pod, or NODE's; bash where there is one"},
    {"redis-bgsave", "redisctl bgsave --wait", "and tells whether it succeeded"},
    {"redis-bigkeys", "redisctl bigkeys", "on a replica, and not faster than --rate"},
    {"redis-check-replication", "redisctl status", "with a verdict and an exit code"},
    {"redis-cli", "redisctl exec -- COMMAND", "word for word, to the master or the nodes that are named"},
    {"redis-clients", "redisctl clients", "counted by host, name, user, library or command"},
    {"redis-config", "redisctl config get", "of all nodes, passwords hidden"},
    {"redis-config-get", "redisctl config get PARAMETER", "of all nodes, passwords hidden"},
    {"redis-create-pvc-snapshot", "redisctl snapshot create", "of a node whose disk is current, until it is ready"},
    {"redis-dbsize", "redisctl dbsize", "of all nodes, and what a replica lacks"},
    {"redis-describe", "redisctl pods", "and redisctl doctor for what is wrong with them"},
    {"redis-disaster-recovery", "redisctl restore all ID", "settings and data, the objects to apply; redisctl backup list shows IDs"},
    {"redis-events", "redisctl events", "of its own pods, workload, volumes and Services"},
    {"redis-flushall", "redisctl flush --all", "shows what goes, wants the instance's name, sees the replicas follow"},
    {"redis-flushdb", "redisctl flush --db N", "of any database"},
    {"redis-force-failover", "redisctl failover", "to the best replica, losing nothing"},
    {"redis-full-backup", "redisctl backup all", "data, settings and objects under one id"},
    {"redis-health", "redisctl doctor", "of all nodes, with what to do"},
    {"redis-info", "redisctl info", "of all nodes side by side"},
    {"redis-keys", "redisctl keys", "by SCAN, from a replica"},
    {"redis-lastsave", "redisctl persistence", "by the server's own clock"},
    {"redis-latency", "redisctl latency", "percentiles of each node, and an end"},
    {"redis-logs", "redisctl logs -f", "of all pods, merged by time"},
    {"redis-master-info", "redisctl master-info", "finds the master by all witnesses"},
    {"redis-memory", "redisctl memory", "of all nodes, against their limits"},
    {"redis-memory-stats", "redisctl memory -o wide", "MEMORY STATS in full: redisctl exec -- MEMORY STATS"},
    {"redis-metrics", "redisctl metrics", "redis_exporter's names, of all nodes; --serve for Prometheus itself"},
    {"redis-monitor", "redisctl monitor", "of a replica, with an end, and without values"},
    {"redis-ping", "redisctl ping", "all nodes and Sentinels, with the time it took"},
    {"redis-port-forward", "redisctl forward", "follows the master through a failover"},
    {"redis-post-upgrade-check", "redisctl upgrade verify FILE", "against what upgrade check --json printed before"},
    {"redis-pre-upgrade-check", "redisctl upgrade check", "exit 1 when one of its gates is closed"},
    {"redis-promote-replica", "redisctl promote-replica NODE", "losing nothing, and the others follow it"},
    {"redis-replica-lag", "redisctl replica-lag", "bytes on the same history, not seconds of silence"},
    {"redis-replication-info", "redisctl replication-info", "all nodes at once"},
    {"redis-restore", "redisctl restore rdb FILE", "key by key to the master: AOF, Sentinels and restarts do not matter"},
    {"redis-restore-aof", "redisctl restore aof ID", "a server here loads it, and its keys go to the master"},
    {"redis-restore-config", "redisctl restore config ID", "what differs from the backup, on every node or on none"},
    {"redis-restore-from-pvc-snapshot", "redisctl snapshot restore NAME", "key by key, from a temporary server that loads the copy"},
    {"redis-restore-rdb", "redisctl restore rdb FILE", "key by key to the master: AOF, Sentinels and restarts do not matter"},
    {"redis-resync-replica", "redisctl resync-replica NODE", "to the real master, until it has all its data"},
    {"redis-role", "redisctl role", "of all nodes"},
    {"redis-save", "redisctl bgsave --wait", "the same file, and no client waits"},
    {"redis-shell", "redisctl shell", "in the master's pod, or NODE's"},
    {"redis-slowlog", "redisctl slowlog", "of all nodes by time, or added up by command"},
    {"redis-stats", "redisctl stats", "with rates"},
    {"redis-top", "redisctl top", "each server's processor and memory, without a metrics server; --watch"},
    {"redis-upgrade-rollback", "redisctl upgrade rollback", "unless the older server cannot load what is there"},
    {"redis-validate-upgrade", "redisctl upgrade verify FILE", "nodes, versions and keys, all of them"},
    {"redis-version", "redisctl version", "of every node, mixed ones are said"},
    {"help", "redisctl help", "and redisctl COMMAND --help"},
}};

Result<ExitCode> run(Context& context) {
    output::Document document("MakeTargets", {});
    output::Table table{{}, {{"TARGET"}, {"COMMAND"}, {"NOTE"}}, {}};
    for (const Target& target : kTargets) {
        document.add_item({{"target", target.name}, {"command", text_or_null(target.command)}, {"note", target.note}});
        document.add_name(std::string(target.name));
        table.rows.push_back({target.name, target.command, target.note});
    }
    document.add_table(std::move(table));
    TRY(context.output().print(document));
    return ExitCode::ok;
}

void bind(Spec& spec) {
    spec.examples = {"redisctl make-targets", "redisctl make-targets --json"};
    spec.run = [](Context& context) { return run(context); };
}

}  // namespace

extern const Command make_targets_command{
    "make-targets", Group::tool,  "Show for each target of make/ops/redis.mk what to type instead", Uses::answer, {},
    bind,           "MakeTargets"};

}  // namespace redisctl
