#include "commands/config_owner.h"

#include "base/text.h"
#include "commands/operators.h"
#include "kube/failover_wishes.h"
#include "kube/request.h"

#include <fmt/format.h>

#include <algorithm>

namespace redisctl {

namespace {

constexpr Millis read_in{5'000};

// The Spotahome operator gives each setting of its customConfig anew every 30 s, and no other.
Result<std::string> operator_note(Context& context, const fleet::Instance& instance, const std::string& parameter) {
    const std::string name = failover_name(instance);
    if (name.empty() || context.client() == nullptr) return std::string();
    auto reading = kube::read_failover_wishes(*context.client(), instance.ns, name, Deadline::after(read_in));
    const Result<kube::FailoverWishes> wishes =
        kube::await(*context.client(), std::move(reading), Deadline::after(read_in));
    if (!wishes && wishes.error().code == ErrorCode::interrupted) return fail(wishes.error());
    if (!wishes)
        return fmt::format("whether the operator sets it back within 30 s is unknown: {}", wishes.error().message);
    for (const std::string& line : wishes->redis_config) {
        const std::string_view setting = trim(line);
        if (lower(setting.substr(0, setting.find(' '))) == parameter)
            return fmt::format(
                "the operator sets it back within 30 s: spec.redis.customConfig of RedisFailover {} names "
                "it, and is the place to change it",
                name);
    }
    return fmt::format(
        "spec.redis.customConfig of RedisFailover {} does not name it: the operator leaves it, and a "
        "pod that restarts has lost it",
        name);
}

}  // namespace

Result<std::vector<std::string>> lasting_of(Context& context, const Look& look, const std::string& parameter,
                                            bool rewrite) {
    const fleet::Instance& instance = look.found.inventory.instances.front();
    std::vector<std::string> notes;
    TRY_ASSIGN(std::string by_operator, operator_note(context, instance, parameter));
    if (!by_operator.empty())
        notes.push_back(std::move(by_operator));
    else if (context.in_kubernetes() && !rewrite)
        notes.emplace_back(
            "a pod that restarts has lost it: to keep it, set it in the chart's values or the ConfigMap");
    else if (context.in_kubernetes())
        notes.emplace_back(
            "a file that is written in a pod lasts as long as its volume, and most charts write it anew at every "
            "start");
    else if (!rewrite)
        notes.emplace_back("a server that restarts has lost it; --rewrite writes it into its configuration file");
    if (parameter == "requirepass")
        notes.emplace_back(
            "whoever logs in from now on needs it: clients, replicas (masterauth), Sentinels (auth-pass) "
            "and redisctl itself");
    return notes;
}

}  // namespace redisctl
