#include "failover/condition_findings.h"
#include "tests/unit/failover_healthy_facts.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace redisctl;
using namespace redisctl::testing;
using failover::Surroundings;

namespace {

std::optional<Finding> found(const FactsWorld& it, const std::string& code, const Surroundings& around = {}) {
    for (const Finding& finding : failover::find_about_condition(it.facts, around))
        if (finding.code == code) return finding;
    return std::nullopt;
}

const std::string first = "redis-0.redis-headless.default.svc.cluster.local";

// As sb-helm-charts has it: replicas follow the first pod by its name.
struct Named : FactsWorld {
    Named() {
        for (const char* name : {"redis-1", "redis-2"}) view(name).master_host = first;
    }
    void without_endpoint(const std::string& pod) {
        for (kube::EndpointSlice& slice : facts.instance.slices)
            std::erase_if(slice.endpoints, [&](const kube::Endpoint& one) { return one.pod == pod; });
    }
};

Surroundings wishing(std::vector<std::string> redis) {
    Surroundings around;
    around.wishes.emplace();
    around.wishes->redis_config = std::move(redis);
    return around;
}

}  // namespace

TEST_CASE("A name that has its headless Service and an endpoint is found") {
    const Named it;
    CHECK(!found(it, "NAME_NOT_IN_DNS"));
    CHECK(!found(it, "CONDITION_UNKNOWN"));
}

TEST_CASE("A name without an endpoint, or without a Service, is not in DNS") {
    Named it;
    it.without_endpoint("redis-0");
    const auto warning = found(it, "NAME_NOT_IN_DNS");
    REQUIRE(warning);
    CHECK(warning->severity == Severity::warning);
    CHECK(warning->node == "redis-1");
    CHECK(warning->message == "redis-1 is told to follow " + first +
                                  ", and no pod has this name in DNS: Service redis-headless has no ready endpoint "
                                  "for pod redis-0");
    CHECK(warning->hint == "kubectl get services,endpointslices -o wide -n default");

    Named gone;
    std::erase_if(gone.facts.instance.services,
                  [](const kube::Service& service) { return service.meta.name == "redis-headless"; });
    gone.view("redis-1").link_up = false;
    const auto critical = found(gone, "NAME_NOT_IN_DNS");
    REQUIRE(critical);
    CHECK(critical->severity == Severity::critical);
    CHECK(critical->message.ends_with("no Service redis-headless selects pod redis-0"));

    Named nobody;
    nobody.view("redis-1").master_host = "redis-7.redis-headless";
    CHECK(found(nobody, "NAME_NOT_IN_DNS")->message.ends_with("this instance has no pod redis-7"));
}

TEST_CASE("What cannot be known about a name is unknown, and only told where it matters") {
    for (const char* host : {"redis.example.org", "redis-0.redis-headless.other.svc", "redis"}) {
        CAPTURE(host);
        Named it;
        it.view("redis-1").master_host = host;
        CHECK(!found(it, "NAME_NOT_IN_DNS"));
        CHECK(!found(it, "CONDITION_UNKNOWN"));
        it.view("redis-1").link_up = false;
        CHECK(!found(it, "NAME_NOT_IN_DNS"));
        REQUIRE(found(it, "CONDITION_UNKNOWN"));
        CHECK(found(it, "CONDITION_UNKNOWN")->message.find("is unknown") != std::string::npos);
    }
    Named blind;
    blind.without_endpoint("redis-0");
    blind.facts.instance.services_known = false;
    CHECK(!found(blind, "NAME_NOT_IN_DNS"));
}

TEST_CASE("An AOF that the operator switched on after the start is not loaded") {
    FactsWorld it;
    CHECK(!found(it, "AOF_NOT_LOADED", wishing({"appendonly yes"})));
    for (const char* name : {"redis-0", "redis-1", "redis-2"}) it.node(name).settings->values["appendonly"] = "yes";
    CHECK(!found(it, "AOF_NOT_LOADED"));
    const auto by_config = found(it, "AOF_NOT_LOADED", wishing({"appendonly yes"}));
    REQUIRE(by_config);
    CHECK(by_config->severity == Severity::warning);
    CHECK(by_config->message ==
          "redis-0, redis-1, redis-2 write an AOF that a restart does not load: it was switched on after the start "
          "(by customConfig), and the operator's redis.conf does not name it, so what comes back is the last dump.rdb");
    CHECK(!found(it, "OPERATOR_CONFIG_DIFFERS", wishing({"appendonly yes"})));
    const auto against = found(it, "AOF_NOT_LOADED", wishing({"appendonly no"}));
    CHECK(against->message.find("(by hand, and the operator switches it off again)") != std::string::npos);
}

TEST_CASE("Settings that a RedisFailover wants, and that are not so") {
    FactsWorld it;
    for (const char* name : {"redis-0", "redis-1", "redis-2"}) {
        it.node(name).settings->values["maxmemory"] = "536870912";
        it.node(name).settings->values["maxmemory-policy"] = "allkeys-lru";
    }
    const std::vector<std::string> wanted{"maxmemory 512mb", "maxmemory-policy allkeys-lru", "save \"900 1\"",
                                          "unheard-of yes"};
    CHECK(!found(it, "OPERATOR_CONFIG_DIFFERS", wishing(wanted)));
    it.node("redis-1").settings->values["maxmemory"] = "0";
    const auto differs = found(it, "OPERATOR_CONFIG_DIFFERS", wishing(wanted));
    REQUIRE(differs);
    CHECK(differs->message.ends_with(": maxmemory 0 on redis-1 instead of 512mb"));
    CHECK(differs->hint == "kubectl get redisfailovers -o yaml -n default");

    FactsWorld watched(spotahome("cache", 2));
    Surroundings around = wishing({});
    around.wishes->sentinel_config = {"down-after-milliseconds 5000"};
    CHECK(!found(watched, "OPERATOR_CONFIG_DIFFERS", around));
    watched.facts.picture.sentinels[1].master->down_after_ms = 1'000;
    CHECK(found(watched, "OPERATOR_CONFIG_DIFFERS", around)
              ->message.find("down-after-milliseconds 1000 on rfs-cache-5c-b instead of 5000") != std::string::npos);
}

TEST_CASE("A bootstrap node on another port than the pods' own") {
    const FactsWorld it;
    Surroundings around = wishing({});
    CHECK(!found(it, "OPERATOR_BOOTSTRAP_PORT", around));
    around.wishes->bootstrap_port = "6379";
    CHECK(!found(it, "OPERATOR_BOOTSTRAP_PORT", around));
    around.wishes->bootstrap_port = "6380";
    const auto port = found(it, "OPERATOR_BOOTSTRAP_PORT", around);
    REQUIRE(port);
    CHECK(port->severity == Severity::critical);
    CHECK(port->message.starts_with("bootstrapNode has port 6380, the pods have port 6379"));
}

TEST_CASE("A replica that is not heard for long") {
    FactsWorld it;
    it.facts.picture.nodes[1].lag_seconds = 9;
    CHECK(!found(it, "REPLICA_LAGS"));
    it.facts.picture.nodes[1].lag_seconds = 12;
    const auto lags = found(it, "REPLICA_LAGS");
    REQUIRE(lags);
    CHECK(lags->severity == Severity::warning);
    CHECK(lags->node == "redis-1");
    CHECK(lags->message.starts_with("redis-1 was last heard by its master 12 s ago, and is 10B behind:"));
    it.facts.picture.nodes[1].lag_seconds = 30;
    CHECK(found(it, "REPLICA_LAGS")->severity == Severity::critical);
    it.view("redis-1").link_up = false;
    CHECK(!found(it, "REPLICA_LAGS"));
}

TEST_CASE("Why a pod does not come up, and who does not run beside it") {
    FactsWorld it;
    Surroundings around;
    kube::PodStart& start = around.starts["redis-1"];
    start.init.push_back({"setup-replication", "", 0});
    CHECK(!found(it, "INIT_CONTAINER_FAILED", around));
    start.init.push_back({"later", "PodInitializing", {}});
    CHECK(!found(it, "INIT_CONTAINER_FAILED", around));

    start.init[0] = {"setup-replication", "CrashLoopBackOff", 1};
    start.unscheduled = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.";
    const auto failed = found(it, "INIT_CONTAINER_FAILED", around);
    REQUIRE(failed);
    CHECK(failed->severity == Severity::critical);
    CHECK(failed->message ==
          "init container setup-replication of redis-1 fails (CrashLoopBackOff), exit code 1: what "
          "comes behind it does not start");
    CHECK(failed->hint == "kubectl logs redis-1 -c setup-replication --tail=50 -n default");
    CHECK(found(it, "POD_NOT_SCHEDULED", around)->message ==
          "pod redis-1 stands on no machine: 0/3 nodes are available: pod has unbound immediate "
          "PersistentVolumeClaims.");

    kube::Pod labelled = *it.facts.instance.pods[0];
    labelled.statuses = {{"redis", "", true, true, 0}, {"kubectl-shared", "ImagePullBackOff", false, false, 0}};
    it.facts.instance.pods[0] = &labelled;
    const auto sidecar = found(it, "SIDECAR_NOT_RUNNING");
    REQUIRE(sidecar);
    CHECK(sidecar->message ==
          "container kubectl-shared of redis-0 does not run (ImagePullBackOff): it sets the role labels, which stay as "
          "they are when the master changes");
}
