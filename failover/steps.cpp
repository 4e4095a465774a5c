#include "failover/steps.h"

#include "failover/facts_kubernetes.h"

#include <fmt/core.h>

namespace redisctl::failover {

namespace {

constexpr int64_t api_patience_ms = 10'000;

}  // namespace

Words config_set(std::string name, std::string value) {
    return {"CONFIG", "SET", std::move(name), std::move(value)};
}

Words replicaof(const std::string& host, int64_t port) {
    return {"REPLICAOF", host, std::to_string(port)};
}

std::vector<Words> close_clients() {
    return {{"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}, {"CLIENT", "KILL", "TYPE", "pubsub"}};
}

Send send_to(const std::string& node, std::vector<Words> commands) {
    return Send{{{node, std::move(commands)}}};
}

Step& add_step(Plan& plan, std::string id, std::string why, std::string node, Action action) {
    Step step;
    step.id = std::move(id);
    step.why = std::move(why);
    step.node = std::move(node);
    step.action = std::move(action);
    return plan.steps.emplace_back(std::move(step));
}

Step& add_route(Plan& plan, const MovedService& service, const std::string& target) {
    Step& step = add_step(plan, "route-" + service.name,
                          fmt::format("New connections through Service {} go to {}.", service.name, target), "",
                          PatchSelector{service.name, service.from, service.to});
    step.already = step.after = {SelectorIs{service.name, service.to}};
    step.before = step.undone = {SelectorIs{service.name, service.from}};
    step.undo = {PatchSelector{service.name, service.to, service.from}};
    step.patience_ms = api_patience_ms;
    return step;
}

std::string drift_text(const std::string& pod, const std::string& home, const std::string& operation) {
    return fmt::format("{} instead of {}, since operation {}", pod, home, operation);
}

void add_drift(Plan& plan, const std::string& service, const std::string& says) {
    Step& step = add_step(
        plan, "annotate-" + service,
        says.empty() ? "The master is at home again." : "Everybody who looks sees that the master is not at home.", "",
        Annotate{service, {{drift_annotation, says}}});
    step.already = step.after = {AnnotationIs{service, drift_annotation, says}};
    step.essential = false;
}

void add_endpoints(Plan& plan, const std::string& service, const std::string& pod, int64_t settle_ms) {
    Step& step =
        add_step(plan, "endpoints-" + service, fmt::format("Every proxy has to learn where {} leads.", service), "",
                 AwaitEndpoints{service, pod, settle_ms});
    step.after = {EndpointsAre{service, pod}};
    step.patience_ms = api_patience_ms;
}

}  // namespace redisctl::failover
