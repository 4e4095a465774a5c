#include "commands/one_instance.h"

#include "commands/look.h"
#include "failover/survey_kubernetes.h"
#include "failover/survey_redis.h"
#include "failover/survey_sentinels.h"

namespace redisctl {

namespace {

constexpr Millis survey_in{15'000};

}  // namespace

Result<OneInstance> one_instance(Context& context) {
    TRY_ASSIGN(Look seen, look_at_one(context, "a change is about one"));
    OneInstance one;
    one.facts.instance = std::move(seen.found.inventory.instances.front());
    one.facts.picture = std::move(seen.pictures.front());
    one.found = std::move(seen.found);
    return one;
}

Result<void> survey_servers(Context& context, failover::Facts& facts, const std::string& client_name,
                            Deadline deadline) {
    failover::SurveyOptions options;
    options.client_name = client_name;
    options.pause = [&context](Millis duration) { return context.loop().pause(Deadline::after(duration)); };
    return failover::survey_redis(context.fleet(), facts, options, deadline);
}

Result<void> survey(Context& context, OneInstance& one, const std::string& client_name, const failover::Wish& wish) {
    const Deadline deadline = Deadline::after(survey_in);
    TRY(survey_servers(context, one.facts, client_name, deadline));
    TRY(failover::survey_sentinels(context.fleet(), one.facts, deadline));
    if (!context.client()) return {};
    return failover::survey_kubernetes(*context.client(), one.found.inventory.pods, wish, one.facts, deadline);
}

}  // namespace redisctl
