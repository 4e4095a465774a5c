#include "commands/switching.h"

#include <memory>

namespace redisctl {

namespace {

void bind_failover(Spec& spec) {
    auto flags = std::make_shared<SwitchFlags>();
    spec.options = switch_options(*flags);
    spec.options.insert(
        spec.options.begin(),
        {"--promote", "NODE", "The new master; the best replica by default", &flags->promote, {}, "node"});
    for (Option& option : emergency_options(*flags)) spec.options.push_back(std::move(option));
    spec.examples = {"redisctl failover --dry-run", "redisctl failover --promote redis-1",
                     "redisctl failover --from redis-0 --avoid k8s-node/worker-3 --yes --json",
                     "redisctl failover --host db1:6379 --accept-data-loss --confirm db1:6379"};
    spec.run = [flags](Context& context) { return switch_master(context, *flags, "failover", Emergency::allowed); };
}

void bind_switchover(Spec& spec) {
    auto flags = std::make_shared<SwitchFlags>();
    spec.options = switch_options(*flags);
    spec.options.insert(
        spec.options.begin(),
        {"--promote", "NODE", "The new master; the best replica by default", &flags->promote, {}, "node"});
    spec.examples = {"redisctl switchover --dry-run", "redisctl switchover --promote redis-1 --yes"};
    spec.run = [flags](Context& context) { return switch_master(context, *flags, "switchover", Emergency::refused); };
}

void bind_promote(Spec& spec) {
    auto flags = std::make_shared<SwitchFlags>();
    auto nodes = std::make_shared<std::vector<std::string>>();
    spec.options = switch_options(*flags);
    for (Option& option : emergency_options(*flags)) spec.options.push_back(std::move(option));
    spec.positionals = {{"NODE", "The replica to promote", nodes.get(), true, false, "node"}};
    spec.examples = {"redisctl promote-replica redis-1 --dry-run", "redisctl promote-replica redis-1 --yes"};
    spec.run = [flags, nodes](Context& context) {
        flags->promote = nodes->front();
        return switch_master(context, *flags, "promote-replica", Emergency::allowed);
    };
}

void bind_return_home(Spec& spec) {
    auto flags = std::make_shared<SwitchFlags>();
    spec.options = switch_options(*flags);
    spec.examples = {"redisctl return-home --dry-run", "redisctl return-home --yes"};
    spec.run = [flags](Context& context) {
        return switch_master(context, *flags, "return-home", Emergency::refused, Destination::home);
    };
}

}  // namespace

extern const Command failover_command{
    "failover",    Group::change,    "Make another node the master, losing nothing", Uses::target, {"force-failover"},
    bind_failover, "OperationResult"};
extern const Command switchover_command{"switchover",
                                        Group::change,
                                        "Make another node the master, and refuse when the master is dead",
                                        Uses::target,
                                        {},
                                        bind_switchover,
                                        "OperationResult"};
extern const Command promote_replica_command{
    "promote-replica", Group::change,    "Make this replica the master, losing nothing", Uses::target, {"promote"},
    bind_promote,      "OperationResult"};
extern const Command return_home_command{
    "return-home",    Group::change, "Make the pod the master again that its chart makes the master at every start",
    Uses::target,     {"failback"},  bind_return_home,
    "OperationResult"};

}  // namespace redisctl
