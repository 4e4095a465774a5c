#include "commands/restore_compare.h"

#include <fmt/core.h>

#include <algorithm>

namespace redisctl {

namespace {

constexpr Millis between_looks{100};

std::optional<int64_t> since(const std::optional<int64_t>& before, const std::optional<int64_t>& after) {
    return before && after ? std::optional(*after - *before) : std::nullopt;
}

void count(const RestoreTarget& before, const Replayed& replayed, RestoreMode mode, Compared& compared) {
    for (const auto& [number, restored] : replayed.restored) {
        const auto found = compared.after.find(number);
        const int64_t after = found == compared.after.end() ? 0 : found->second;
        int64_t least = static_cast<int64_t>(restored);
        if (mode == RestoreMode::merge)
            if (const auto old = before.keys.find(number); old != before.keys.end())
                least = std::max(least, old->second);
        compared.missing += std::max<int64_t>(0, least - after);
    }
    if (mode == RestoreMode::merge) return;
    compared.more =
        std::max<int64_t>(0, sum_of(compared.after) + compared.missing - static_cast<int64_t>(replayed.keys()));
}

std::optional<Error> judge(const fleet::Node& master, const Compared& compared) {
    if (compared.missing <= compared.expired.value_or(0)) return std::nullopt;
    std::string cause = fmt::format("{} keys less than were restored", compared.missing);
    if (compared.evicted.value_or(0) > 0)
        cause += fmt::format("; it evicted {} meanwhile", *compared.evicted);
    else
        cause += "; clients may have deleted them meanwhile";
    if (compared.expired.value_or(0) > 0) cause += fmt::format("; {} expired", *compared.expired);
    return Error{ErrorCode::conflict, fmt::format("{} does not hold all that was restored", master.name),
                 std::move(cause), compared.evicted.value_or(0) > 0 ? "raise maxmemory" : "",
                 "KEYS_MISSING"};
}

bool has_applied(const Holding& replica, const redis::NodeView& master) {
    return replica.view.role == redis::Role::replica && replica.view.replid == master.replid &&
           replica.view.applied_offset && master.master_offset && *replica.view.applied_offset >= *master.master_offset;
}

}  // namespace

Compared compare_restored(Context& context, const fleet::Node& master, const std::vector<const fleet::Node*>& replicas,
                          const RestoreTarget& before, const Replayed& replayed, RestoreMode mode, Millis patience) {
    Compared compared;
    std::vector<const fleet::Node*> nodes{&master};
    nodes.insert(nodes.end(), replicas.begin(), replicas.end());
    for (const fleet::Node* replica : replicas) compared.replicas[replica->name] = {};
    const Deadline end = Deadline::after(patience);
    std::optional<redis::NodeView> when_done;
    while (true) {
        const std::vector<Result<Holding>> holdings = ask_holdings(context, nodes);
        if (!holdings[0]) {
            compared.error = holdings[0].error();
            return compared;
        }
        const Holding& now = *holdings[0];
        if (now.view.run_id != before.run_id || now.view.role != redis::Role::master) {
            compared.error = Error{ErrorCode::conflict, fmt::format("{} is not the master any more", master.name),
                                   "it was restarted, or another node was promoted, right behind the restore",
                                   "redisctl master-info", "ROLE_CHANGED"};
            return compared;
        }
        if (!when_done) {
            when_done = now.view;
            compared.after = now.keys;
            compared.expired = since(before.expired_keys, now.expired_keys);
            compared.evicted = since(before.evicted_keys, now.evicted_keys);
            count(before, replayed, mode, compared);
            compared.error = judge(master, compared);
        }
        bool all = true;
        for (size_t i = 1; i < nodes.size(); i++) {
            ReplicaCompared& replica = compared.replicas[nodes[i]->name];
            if (replica.same == true) continue;
            if (holdings[i]) {
                replica.caught_up = replica.caught_up || has_applied(*holdings[i], *when_done);
                replica.keys = sum_of(holdings[i]->keys);
                replica.same = holdings[i]->keys == now.keys;
            }
            all = all && replica.caught_up && replica.same == true;
        }
        if (all || end.passed() || !context.loop().pause(Deadline::after(between_looks))) break;
    }
    for (const auto& [name, replica] : compared.replicas) {
        if (replica.caught_up && replica.same == true) continue;
        const std::string message = !replica.keys ? fmt::format("{} does not answer", name)
                                    : !replica.caught_up
                                        ? fmt::format("{} has not caught up yet", name)
                                        : fmt::format("{} counts other keys than {}", name, master.name);
        compared.warnings.push_back(Error{ErrorCode::conflict, message,
                                          replica.keys ? fmt::format("it has {} keys", *replica.keys) : "",
                                          "redisctl replica-lag; redisctl dbsize", "REPLICA_BEHIND"});
    }
    return compared;
}

}  // namespace redisctl
