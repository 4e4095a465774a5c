#include "topology/operator.h"

#include "topology/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace redisctl::topology {

namespace {

void put(Picture& picture, Findings& out) {
    for (Finding& finding : out.take()) picture.findings.push_back(std::move(finding));
    critical_first(picture.findings);
    picture.health = health_of(picture);
}

void about_unread(Findings& out, const Error& error) {
    if (error.code == ErrorCode::not_found)
        out.add(Severity::warning, "OPERATOR_RESOURCE_MISSING", "",
                "there is no RedisFailover of these pods, or no such kind of object in the cluster: nobody heals them",
                out.kubectl("get redisfailovers"));
    else
        out.add(Severity::info, "OPERATOR_RESOURCE_UNKNOWN", "",
                fmt::format("the RedisFailover could not be read, so whether it is in bootstrap mode is unknown: {}",
                            error.message),
                error.hint);
}

void about_counts(Findings& out, const fleet::Instance& instance, const kube::FailoverSpec& spec) {
    const auto compare = [&](int64_t wanted, size_t there, std::string_view what) {
        if (wanted == static_cast<int64_t>(there)) return;
        out.add(Severity::warning, "OPERATOR_COUNT", "",
                fmt::format("the RedisFailover wants {} {}, and there are {}: until that is so the operator heals "
                            "nothing",
                            wanted, what, there),
                out.kubectl("get pods -o wide"));
    };
    compare(spec.redis, instance.nodes.size(), "Redis pods");
    if (!spec.bootstrapping() || spec.bootstrap_sentinels)
        compare(spec.sentinels, instance.sentinels.size(), "Sentinels");
}

// It heals when every pod is Running and exactly one Redis is the master, and not otherwise.
void about_standing_still(Findings& out, const fleet::Instance& instance, const Picture& picture) {
    for (const auto* nodes : {&instance.nodes, &instance.sentinels})
        for (const fleet::Node& node : *nodes)
            if (node.not_running)
                return out.add(Severity::info, "OPERATOR_WAITS", node.name,
                               fmt::format("the operator heals nothing and sets no label until {} runs", node.name));
    std::set<std::string> masters;
    for (const NodePicture& node : picture.nodes)
        if (node.view && node.view->role == redis::Role::master) masters.insert(node.view->run_id);
    if (masters.size() > 1)
        out.add(Severity::warning, "OPERATOR_STANDS_STILL", "",
                "the operator does nothing while there is more than one master: no healing, no labels, no updates",
                out.command("heal"));
}

}  // namespace

void add_failover_spec(Picture& picture, const fleet::Instance& instance, const Result<kube::FailoverSpec>& spec) {
    if (picture.system != "spotahome") return;
    Findings out(instance, picture);
    if (!spec) {
        about_unread(out, spec.error());
    } else {
        about_counts(out, instance, *spec);
        if (spec->bootstrapping()) {
            picture.system = "spotahome-bootstrap";
            // They follow the one outside, and are to.
            std::erase_if(picture.findings, [](const Finding& finding) {
                return finding.code == "ORPHAN" && finding.severity == Severity::warning;
            });
            picture.evidence.push_back(fmt::format("RedisFailover {} has bootstrapNode {}:{}", spec->name,
                                                   spec->bootstrap_host, spec->bootstrap_port));
        }
    }
    if (picture.system == "spotahome") about_standing_still(out, instance, picture);
    put(picture, out);
}

void add_operator(Picture& picture, const Result<std::vector<kube::Deployment>>& deployments) {
    if (!picture.system.starts_with("spotahome")) return;
    const fleet::Instance nobody;
    Findings out(nobody, picture);
    if (!deployments) {
        out.add(Severity::info, "OPERATOR_UNKNOWN", "",
                fmt::format("whether the operator runs is unknown: its Deployment could not be looked for: {}",
                            deployments.error().message),
                deployments.error().hint);
    } else if (deployments->empty()) {
        out.add(Severity::info, "OPERATOR_UNKNOWN", "",
                "whether the operator runs is unknown: no Deployment is called redis-operator, and it may run "
                "elsewhere",
                "kubectl get deployments -A");
    } else if (const kube::Deployment& found = deployments->front(); found.ready_replicas == 0) {
        out.add(Severity::warning, "OPERATOR_NOT_READY", "",
                fmt::format("the operator does not run: 0 of {} pods of Deployment {}/{} are ready, so nobody heals "
                            "and no label is set",
                            found.replicas, found.meta.ns, found.meta.name),
                fmt::format("kubectl describe deployment {} -n {}", found.meta.name, found.meta.ns));
    }
    put(picture, out);
}

}  // namespace redisctl::topology
