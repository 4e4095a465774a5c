// The calls that change a cluster, one a run, for tests: kube_calls VERB ARGUMENT…, with KUBECONFIG set. Prints what
// came of it, one fact a line; an error is "error CODE REASON", its message, cause and hint. Exits 0 when done, 1 on an
// error.
#include "base/interrupt.h"
#include "failover/lease_lock.h"
#include "kube/access_review.h"
#include "kube/changes.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/endpoints_watch.h"
#include "kube/reads.h"
#include "net/loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace redisctl;

namespace {

using Arguments = std::vector<std::string>;
using Call = std::function<Result<void>(kube::Client&, const Arguments&, Deadline)>;

const std::map<std::string, kube::Resource>& resources() {
    static const std::map<std::string, kube::Resource> all{{"services", kube::resource::services},
                                                           {"pods", kube::resource::pods},
                                                           {"statefulsets", kube::resource::stateful_sets}};
    return all;
}

// RESOURCE NS NAME [OP PATH VALUE]…
Result<void> patch(kube::Client& client, const Arguments& is, Deadline deadline) {
    std::vector<kube::PatchOp> ops;
    for (size_t i = 3; i + 2 < is.size(); i += 3) ops.push_back({is[i], is[i + 1], is[i + 2]});
    TRY_ASSIGN(const kube::Meta meta, kube::guarded_patch(client, resources().at(is[0]), is[1], is[2], ops, deadline));
    fmt::print("patched {} {}\n", meta.name, meta.resource_version);
    return {};
}

Result<void> delete_pod(kube::Client& client, const Arguments& is, Deadline deadline) {
    TRY(kube::delete_pod(client, is[0], is[1], is[2], deadline));
    fmt::print("deleted {}\n", is[1]);
    return {};
}

// [VERB GROUP RESOURCE NS NAME]…
Result<void> review(kube::Client& client, const Arguments& is, Deadline deadline) {
    std::vector<kube::Access> accesses;
    for (size_t i = 0; i + 4 < is.size(); i += 5)
        accesses.push_back({is[i], is[i + 1], is[i + 2], is[i + 3], is[i + 4]});
    TRY_ASSIGN(const std::vector<kube::Review> reviews, kube::review_access(client, accesses, deadline));
    for (const kube::Review& one : reviews)
        fmt::print("{} {} {}: {}\n", one.access.verb, one.access.resource, kube::permission_name(one.permission),
                   one.reason);
    return {};
}

// NS SERVICE STATEFULSET POD K8SNODE, all at once
Result<void> read(kube::Client& client, const Arguments& is, Deadline deadline) {
    auto service = kube::read_service(client, is[0], is[1], deadline);
    auto slices = kube::read_endpoint_slices_of(client, is[0], is[1], deadline);
    auto set = kube::read_stateful_set(client, is[0], is[2], deadline);
    auto pod = kube::read_pod(client, is[0], is[3], deadline);
    auto node = kube::read_k8s_node(client, is[4], deadline);
    auto budgets = kube::list_disruption_budgets(client, is[0]);
    TRY_ASSIGN(const kube::Service the_service, kube::await(client, service, deadline));
    TRY_ASSIGN(const kube::Page<kube::EndpointSlice> the_slices, kube::await(client, slices, deadline));
    TRY_ASSIGN(const kube::StatefulSet the_set, kube::await(client, set, deadline));
    TRY_ASSIGN(const kube::Pod the_pod, kube::await(client, pod, deadline));
    TRY_ASSIGN(const kube::K8sNode the_node, kube::await(client, node, deadline));
    TRY_ASSIGN(const std::vector<kube::DisruptionBudget> the_budgets, kube::await(client, *budgets, deadline));
    fmt::print("service {} {}\n", the_service.meta.name, kube::json_object(the_service.selector));
    for (const kube::EndpointSlice& slice : the_slices.items)
        for (const kube::Endpoint& endpoint : slice.endpoints)
            fmt::print("endpoint {} {}\n", endpoint.pod, endpoint.ready ? "ready" : "not ready");
    fmt::print("statefulset {} replicas {} ready {} updated {} generation {}/{} {} volume claims {} settled {}\n",
               the_set.meta.name, the_set.replicas, the_set.ready_replicas, the_set.updated_replicas,
               the_set.observed_generation, the_set.generation, the_set.update_strategy, the_set.has_volume_claims,
               the_set.settled());
    fmt::print("pod {} {} ready {}\n", the_pod.meta.name, the_pod.phase, the_pod.ready);
    fmt::print("k8s-node {} ready {} unschedulable {} taints {}\n", the_node.meta.name, the_node.ready,
               the_node.unschedulable, the_node.taints.size());
    for (const kube::DisruptionBudget& budget : the_budgets)
        fmt::print("budget {} allowed {} healthy {}/{} selects the pod {}\n", budget.meta.name,
                   budget.disruptions_allowed, budget.current_healthy, budget.desired_healthy,
                   budget.selector.selects(the_pod.meta.labels));
    return {};
}

// NS SERVICE PODS: until exactly these (separated by commas) are ready
Result<void> await_endpoints(kube::Client& client, const Arguments& is, Deadline deadline) {
    auto wanted = [&](const std::vector<kube::EndpointSlice>& slices) {
        std::vector<std::string> ready;
        for (const kube::EndpointSlice& slice : slices)
            for (const kube::Endpoint& endpoint : slice.endpoints)
                if (endpoint.ready) ready.push_back(endpoint.pod);
        std::sort(ready.begin(), ready.end());
        fmt::print("seen {}\n", kube::endpoints_text(slices));
        return fmt::format("{}", fmt::join(ready, ",")) == is[2];
    };
    TRY(kube::await_endpoints(client, is[0], is[1], wanted, deadline));
    fmt::print("met\n");
    return {};
}

// NS INSTANCE HOLDER wait|now STEP…, one lock through all of them: keep[:MS] note:TEXT left pause (until a line of
// stdin comes) release
Result<void> lock(kube::Client& client, const Arguments& is, Deadline) {
    failover::Takeover takeover;
    takeover.any = is[3] == "wait";
    if (is[3] == "wait" || is[3] == "abandoned")
        takeover.wait = [](const std::string& other) { fmt::print("waiting for {}\n", other); };
    if (is[3].starts_with("dead:")) takeover.dead.insert(is[3].substr(5));
    TRY_ASSIGN(const std::unique_ptr<failover::LeaseLock> held,
               failover::LeaseLock::acquire(client, is[0], is[1], is[2], takeover));
    fmt::print("acquired, found \"{}\"\n", held->found());
    for (size_t i = 4; i < is.size(); i++) {
        const size_t colon = is[i].find(':');
        const std::string step = is[i].substr(0, colon);
        const std::string rest = colon == std::string::npos ? "" : is[i].substr(colon + 1);
        if (step == "pause") std::getchar();
        if (step == "keep") TRY(held->keep(Millis(std::atoi(rest.c_str()))));
        if (step == "note") TRY(held->annotate(rest));
        if (step == "release") held->release();
        if (step == "left")
            fmt::print("left {} s\n", (held->left().count() + 500) / 1000);
        else
            fmt::print("{}\n", step);
    }
    return {};
}

// NS INSTANCE
Result<void> peek(kube::Client& client, const Arguments& is, Deadline deadline) {
    TRY_ASSIGN(const std::optional<failover::LockHolder> holder,
               failover::LeaseLock::peek(client, is[0], is[1], deadline));
    if (!holder)
        fmt::print("none\n");
    else
        fmt::print("holder \"{}\" essence \"{}\"\n", holder->holder, holder->essence);
    return {};
}

const std::map<std::string, Call>& calls() {
    static const std::map<std::string, Call> all{{"patch", patch}, {"delete-pod", delete_pod}, {"review", review},
                                                 {"read", read},   {"await", await_endpoints}, {"lock", lock},
                                                 {"peek", peek}};
    return all;
}

Result<void> run(const std::string& verb, const Arguments& arguments) {
    kube::ConfigSources sources;
    sources.env = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
    TRY_ASSIGN(kube::ClusterConfig config, kube::load_config({}, sources));
    net::Loop loop;
    kube::Client client(loop, std::move(config), Millis(10'000));
    TRY(client.authenticate());
    const char* timeout = std::getenv("TIMEOUT_MS");
    return calls().at(verb)(client, arguments, Deadline::after(Millis(timeout ? std::atoi(timeout) : 5'000)));
}

}  // namespace

int main(int argc, char** argv) {
    interrupt::install();
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    const Result<void> result = run(argc > 1 ? argv[1] : "", Arguments(argv + std::min(argc, 2), argv + argc));
    if (result) return 0;
    const Error& error = result.error();
    fmt::print("error {} {}\n{}\n{}\n{}\n", code_name(error.code), error.reason, error.message, error.cause,
               error.hint);
    return 1;
}
