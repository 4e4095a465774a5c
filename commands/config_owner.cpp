#include "commands/config_owner.h"

#include "base/text.h"
#include "commands/operators.h"
#include "kube/failover_wishes.h"
#include "kube/request.h"

#include <fmt/format.h>

#include <set>

namespace redisctl {

namespace {

constexpr Millis read_in{5'000};

// The Spotahome operator gives each setting of its customConfig anew every 30 s, and no other.
Result<std::vector<std::string>> operator_notes(Context& context, const fleet::Instance& instance,
                                                const std::vector<std::string>& parameters) {
    const std::string name = failover_name(instance);
    std::vector<std::string> notes;
    if (name.empty() || context.client() == nullptr) return notes;
    auto reading = kube::read_failover_wishes(*context.client(), instance.ns, name, Deadline::after(read_in));
    const Result<kube::FailoverWishes> wishes =
        kube::await(*context.client(), std::move(reading), Deadline::after(read_in));
    if (!wishes && wishes.error().code == ErrorCode::interrupted) return fail(wishes.error());
    if (!wishes) {
        notes.push_back(
            fmt::format("whether the operator sets it back within 30 s is unknown: {}", wishes.error().message));
        return notes;
    }
    std::set<std::string> named;
    for (const std::string& line : wishes->redis_config) {
        const std::string_view setting = trim(line);
        named.insert(lower(setting.substr(0, setting.find(' '))));
    }
    const bool one = parameters.size() == 1;
    bool left = false;
    for (const std::string& parameter : parameters) {
        if (!named.contains(parameter)) {
            left = true;
            continue;
        }
        notes.push_back(fmt::format(
            "the operator sets {} back within 30 s: spec.redis.customConfig of RedisFailover {} names it, and is the "
            "place to change it",
            one ? "it" : parameter, name));
    }
    if (left)
        notes.push_back(fmt::format(
            "spec.redis.customConfig of RedisFailover {} does not name {}: the operator leaves {}, and a pod that "
            "restarts has lost {}",
            name, one ? "it" : notes.empty() ? "them" : "the others", one ? "it" : "them", one ? "it" : "them"));
    return notes;
}

}  // namespace

Result<std::vector<std::string>> lasting_of(Context& context, const Look& look,
                                            const std::vector<std::string>& parameters, bool rewrite) {
    const fleet::Instance& instance = look.found.inventory.instances.front();
    TRY_ASSIGN(std::vector<std::string> notes, operator_notes(context, instance, parameters));
    const char* what = parameters.size() == 1 ? "it" : "them";
    if (!notes.empty()) return notes;
    if (context.in_kubernetes() && rewrite)
        notes.emplace_back(
            "a file that is written in a pod lasts as long as its volume, and most charts write it anew at every "
            "start");
    else if (context.in_kubernetes())
        notes.push_back(fmt::format(
            "a pod that restarts has lost {0}: to keep {0}, set {0} in the chart's values or the ConfigMap", what));
    else if (!rewrite)
        notes.push_back(fmt::format(
            "a server that restarts has lost {0}; --rewrite writes {0} into its configuration file", what));
    return notes;
}

}  // namespace redisctl
