#include "commands/examination.h"

#include "commands/one_instance.h"
#include "commands/operators.h"
#include "commands/sentinel_look.h"
#include "commands/upgrade_left.h"
#include "failover/condition_findings.h"
#include "kube/reads.h"
#include "topology/findings.h"

#include <algorithm>
#include <map>

namespace redisctl {

namespace {

using failover::Facts;
using failover::Surroundings;

constexpr Millis survey_in{15'000};

// Pods and policies, all at once.
Surroundings look_around(Context& context, const Facts& facts) {
    Surroundings around;
    if (context.client() == nullptr || facts.instance.ns.empty()) return around;
    const Deadline deadline = Deadline::after(survey_in);
    kube::Client& client = *context.client();
    std::map<std::string, kube::Reading<kube::PodCondition>> readings;
    for (const kube::Pod* pod : facts.instance.pods)
        readings.emplace(pod->meta.name, kube::read_pod_condition(client, pod->meta.ns, pod->meta.name, deadline));
    const auto policies = kube::list_network_policies(client, facts.instance.ns);
    std::optional<kube::Reading<kube::FailoverWishes>> wishes;
    if (const std::string name = failover_name(facts.instance);
        !name.empty() && facts.picture.system.starts_with("spotahome"))
        wishes = kube::read_failover_wishes(client, facts.instance.ns, name, deadline);
    const Result<void> waited = client.loop().run(
        [&] {
            return policies->done() && (!wishes || wishes->done()) &&
                   std::all_of(readings.begin(), readings.end(), [](const auto& one) { return one.second.done(); });
        },
        deadline);
    for (auto& [name, reading] : readings) {
        if (reading.done() && reading.request->result())
            if (auto start = kube::parse_pod_start(reading.request->body())) around.starts.emplace(name, *start);
        around.pods.emplace(name, reading.done() ? reading.take() : fail(waited.error()));
    }
    around.policies = policies->done() ? policies->take() : fail(waited.error());
    if (wishes && wishes->done())
        if (auto read = wishes->take()) around.wishes = std::move(*read);
    return around;
}

// Two looks may see the same thing.
void add_new(std::vector<Finding>& all, std::vector<Finding> more) {
    const std::vector<Finding> known = all;
    for (Finding& one : more)
        if (std::none_of(known.begin(), known.end(), [&](const Finding& other) {
                return other.code == one.code && other.instance == one.instance && other.node == one.node;
            }))
            all.push_back(std::move(one));
}

Result<std::map<std::string, std::vector<Finding>>> council_findings(Context& context, const Look& seen) {
    std::map<std::string, std::vector<Finding>> by_instance;
    if (std::all_of(seen.pictures.begin(), seen.pictures.end(),
                    [](const topology::Picture& picture) { return picture.sentinels.empty(); }))
        return by_instance;
    TRY_ASSIGN(const SentinelLook council, look_at_sentinels(context));
    for (size_t i = 0; i < council.look.pictures.size(); i++)
        by_instance[council.look.pictures[i].full_name()] = council.findings(i);
    return by_instance;
}

// Errors: interrupted.
Result<std::vector<Finding>> condition_of(Context& context, const fleet::Instance& instance,
                                          const topology::Picture& picture) {
    Facts facts;
    facts.instance = instance;
    facts.picture = picture;
    TRY(survey_servers(context, facts, "redisctl:doctor", Deadline::after(survey_in)));
    std::vector<Finding> found = failover::find_about_condition(facts, look_around(context, facts));
    for (Finding& finding : find_unfinished_upgrades(context, instance, picture)) found.push_back(std::move(finding));
    return found;
}

}  // namespace

Result<Look> examine(Context& context) {
    // Connections stay open: the survey asks over them.
    context.begin_operation("doctor");
    TRY_ASSIGN(Look seen, look(context));
    TRY(look_for_operator(context, seen.pictures));
    TRY_ASSIGN(auto by_council, council_findings(context, seen));
    const std::vector<fleet::Instance>& instances = seen.found.inventory.instances;
    for (size_t i = 0; i < instances.size(); i++) {
        topology::Picture& picture = seen.pictures[i];
        TRY_ASSIGN(std::vector<Finding> condition, condition_of(context, instances[i], picture));
        add_new(picture.findings, std::move(by_council[picture.full_name()]));
        add_new(picture.findings, std::move(condition));
        critical_first(picture.findings);
        picture.health = topology::health_of(picture);
    }
    return seen;
}

}  // namespace redisctl
