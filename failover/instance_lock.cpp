#include "failover/instance_lock.h"

#include "failover/lease_lock.h"
#include "redis/value.h"

#include <nlohmann/json.hpp>

namespace redisctl::failover {

namespace {

constexpr Millis one_answer{1'000};

// To whoever is master now: the old one before the switch, the new one behind it.
std::optional<std::string> on_master(World& world, const Plan& plan, const std::vector<std::string>& command) {
    std::vector<Ask> asks;
    for (const std::string& node : {plan.from, plan.to, plan.master})
        if (!node.empty()) asks.push_back({node, {{"ROLE"}}});
    const std::vector<Answer> roles = world.ask(asks, Deadline::after(one_answer));
    for (size_t i = 0; i < roles.size(); i++) {
        if (!roles[i] || roles[i]->front().elements.empty() || roles[i]->front().elements[0].text != "master") continue;
        const Ask ask{asks[i].node, {command}};
        const std::vector<Answer> answers = world.ask(std::span(&ask, 1), Deadline::after(one_answer));
        if (answers[0]) return answers[0]->front().text;
    }
    return std::nullopt;
}

}  // namespace

std::string essence_of(const Plan& plan, const std::string& operation) {
    return nlohmann::ordered_json{{"operation", operation}, {"plan", to_json(plan)}}.dump();
}

Result<std::unique_ptr<Lock>> lock_instance(World& world, const Environment& environment, kube::Client* client,
                                            const Plan& plan, const std::string& operation, const Takeover& takeover) {
    const std::string holder = holder_identity(environment, operation);
    if (client) {
        TRY_ASSIGN(std::unique_ptr<LeaseLock> lease,
                   LeaseLock::acquire(*client, plan.ns, plan.instance, holder, takeover));
        lease->note(essence_of(plan, operation));
        return std::unique_ptr<Lock>(std::move(lease));
    }
    const auto ask = [&world, plan](const std::vector<std::string>& command) {
        return on_master(world, plan, command);
    };
    return HostLock::acquire(environment, plan.instance, holder, takeover, ask);
}

}  // namespace redisctl::failover
