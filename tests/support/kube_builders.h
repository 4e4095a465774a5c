// Small hand-made pods, Services and EndpointSlices, and the shapes in which Redis systems stand in a namespace.
#pragma once

#include "fleet/grouping.h"
#include "fleet/inventory.h"
#include "kube/objects.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace redisctl::testing {

inline kube::Container container(std::string name, std::vector<std::string> command, uint16_t port = 0) {
    kube::Container out;
    out.name = std::move(name);
    out.image = "docker.io/library/redis:7.0";
    out.command = std::move(command);
    if (port != 0) out.ports.push_back({"", port});
    return out;
}

inline kube::EnvVar env(std::string name, std::string value) {
    return {std::move(name), std::move(value), {}, {}, {}};
}
inline kube::EnvVar env_secret(std::string name, std::string secret, std::string key) {
    return {std::move(name), {}, std::move(secret), std::move(key), {}};
}

inline kube::Volume secret_volume(std::string name, std::string secret, std::map<std::string, std::string> items = {}) {
    kube::Volume out;
    out.name = std::move(name);
    out.secret_name = std::move(secret);
    out.secret_items = std::move(items);
    return out;
}

// A running pod of a StatefulSet (its name without the ordinal) with one redis-server in it.
inline kube::Pod pod(std::string name, kube::Labels labels, std::string ip, std::string subdomain = {}) {
    kube::Pod out;
    out.meta.ns = "default";
    out.meta.owners.push_back({"StatefulSet", name.substr(0, name.rfind('-')), true});
    out.meta.name = std::move(name);
    out.meta.labels = std::move(labels);
    out.phase = "Running";
    out.ip = std::move(ip);
    out.node = "n1";
    out.ready = true;
    out.subdomain = std::move(subdomain);
    out.containers.push_back(container("redis", {"redis-server", "/etc/redis/redis.conf"}, 6379));
    return out;
}

// A pod of a Deployment: "redis-sentinel" with hash and suffix → "redis-sentinel-5c-a".
inline kube::Pod deployment_pod(const std::string& deployment, const std::string& suffix, kube::Labels labels,
                                std::string ip, kube::Container process) {
    auto out = pod(deployment + "-5c-" + suffix, std::move(labels), std::move(ip));
    out.meta.labels["pod-template-hash"] = "5c";
    out.meta.owners = {{"ReplicaSet", deployment + "-5c", true}};
    out.containers = {std::move(process)};
    return out;
}

inline kube::Container sentinel_container() {
    return container("sentinel", {"redis-server", "/redis/sentinel.conf", "--sentinel"}, 26379);
}

inline kube::Service service(std::string name, kube::Labels selector, uint16_t port = 6379,
                             std::string cluster_ip = "10.96.0.1") {
    kube::Service out;
    out.meta.ns = "default";
    out.meta.name = std::move(name);
    out.selector = std::move(selector);
    out.cluster_ip = std::move(cluster_ip);
    out.ports.push_back({port == 26379 ? "sentinel" : port == 9121 ? "metrics" : "redis", port, {}});
    return out;
}

// What the EndpointSlice controller makes of pods and Services.
inline void make_slices(fleet::Listed& listed) {
    listed.slices.clear();
    for (const auto& of : listed.services) {
        kube::EndpointSlice slice;
        slice.meta.ns = of.meta.ns;
        slice.meta.name = of.meta.name + "-x";
        slice.service = of.meta.name;
        for (const auto& member : listed.pods)
            if (member.meta.ns == of.meta.ns && fleet::selects(of.selector, member.meta.labels) && !member.ip.empty())
                slice.endpoints.push_back({member.ip, member.meta.name, member.ready || of.publish_not_ready});
        listed.slices.push_back(std::move(slice));
    }
}

inline kube::Labels helm(std::string release, std::string chart = "redis-0.4.0") {
    return {{"app.kubernetes.io/name", "redis"},
            {"app.kubernetes.io/instance", std::move(release)},
            {"app.kubernetes.io/managed-by", "Helm"},
            {"helm.sh/chart", std::move(chart)}};
}

inline kube::Labels with(kube::Labels labels, const kube::Labels& more) {
    for (const auto& [key, value] : more) labels[key] = value;
    return labels;
}

// The sb-helm-charts chart, mode: replica. `home` is where both Services are pinned.
inline fleet::Listed sb_replica(const std::string& release = "redis", const std::string& fullname = "redis",
                                int count = 3, int net = 1) {
    fleet::Listed out;
    kube::Labels match = {{"app.kubernetes.io/name", "redis"}, {"app.kubernetes.io/instance", release}};
    for (int i = 0; i < count; i++) {
        auto name = fullname + "-" + std::to_string(i);
        auto one = pod(name, with(helm(release), {{"statefulset.kubernetes.io/pod-name", name}}),
                       "10.0." + std::to_string(net) + "." + std::to_string(i), fullname + "-headless");
        one.containers[0].env = {env_secret("REDIS_PASSWORD", fullname, "redis-password")};
        one.init_containers = {
            container("setup-replication", {"sh", "-c", "cp /config/redis.conf /etc/redis/redis.conf"})};
        one.init_containers[0].env = one.containers[0].env;
        out.pods.push_back(std::move(one));
    }
    auto pinned = with(match, {{"statefulset.kubernetes.io/pod-name", fullname + "-0"}});
    out.services = {service(fullname, pinned, 6379, "10.96." + std::to_string(net) + ".1"),
                    service(fullname + "-master", pinned, 6379, "10.96." + std::to_string(net) + ".2"),
                    service(fullname + "-headless", match, 6379, "None")};
    out.services[2].publish_not_ready = true;
    make_slices(out);
    return out;
}

// The same chart, mode: standalone; more than one pod means as many masters.
inline fleet::Listed sb_standalone(int count) {
    fleet::Listed out;
    for (int i = 0; i < count; i++)
        out.pods.push_back(pod("redis-" + std::to_string(i), helm("redis"), "10.0.1." + std::to_string(i), "redis"));
    out.services = {service("redis", {{"app.kubernetes.io/name", "redis"}, {"app.kubernetes.io/instance", "redis"}})};
    make_slices(out);
    return out;
}

// Bitnami, architecture=replication without Sentinel: 1 + `replicas`.
inline fleet::Listed bitnami_replication(int replicas) {
    fleet::Listed out;
    auto labels = [](const char* component) {
        return with(helm("redis", "redis-17.15.2"), {{"app.kubernetes.io/component", component}});
    };
    auto one = pod("redis-master-0", labels("master"), "10.0.2.0", "redis-headless");
    one.containers[0] = container("redis", {"/bin/bash"}, 6379);
    one.containers[0].args = {"-c", "/opt/bitnami/scripts/start-scripts/start-master.sh"};
    one.containers[0].env = {env_secret("REDIS_PASSWORD", "redis", "redis-password"), env("REDIS_TLS_ENABLED", "no"),
                             env("REDIS_PORT", "6379")};
    out.pods.push_back(one);
    for (int i = 0; i < replicas; i++) {
        auto replica = one;
        replica.meta.name = "redis-replicas-" + std::to_string(i);
        replica.meta.owners = {{"StatefulSet", "redis-replicas", true}};
        replica.meta.labels = labels("replica");
        replica.ip = "10.0.2." + std::to_string(i + 1);
        out.pods.push_back(replica);
    }
    kube::Labels match = {{"app.kubernetes.io/name", "redis"}, {"app.kubernetes.io/instance", "redis"}};
    out.services = {service("redis-headless", match, 6379, "None"),
                    service("redis-master", with(match, {{"app.kubernetes.io/component", "master"}}))};
    if (replicas > 0)
        out.services.push_back(service("redis-replicas", with(match, {{"app.kubernetes.io/component", "replica"}})));
    make_slices(out);
    return out;
}

// Bitnami with Sentinel: containers redis and sentinel in each pod; `labelled` adds the Service that follows isMaster.
inline fleet::Listed bitnami_sentinel(int count, bool labelled = false) {
    fleet::Listed out;
    for (int i = 0; i < count; i++) {
        auto one = pod("redis-node-" + std::to_string(i),
                       with(helm("redis", "redis-17.15.2"), {{"app.kubernetes.io/component", "node"}}),
                       "10.0.3." + std::to_string(i), "redis-headless");
        auto redis = container("redis", {"/bin/bash"});
        redis.args = {"-c", "/opt/bitnami/scripts/start-scripts/start-node.sh"};
        redis.ports = {{"redis", 6379}};
        redis.env = {env("REDIS_MASTER_PORT_NUMBER", "6379"), env_secret("REDIS_PASSWORD", "redis", "redis-password"),
                     env("REDIS_SENTINEL_PORT", "26379"), env("REDIS_PORT", "6379")};
        auto sentinel = container("sentinel", {"/bin/bash"});
        sentinel.args = {"-c", "/opt/bitnami/scripts/start-scripts/start-sentinel.sh"};
        sentinel.ports = {{"redis-sentinel", 26379}};
        sentinel.env = {env_secret("REDIS_PASSWORD", "redis", "redis-password"), env("REDIS_SENTINEL_PORT", "26379")};
        auto metrics = container("metrics", {"/bin/bash", "-c", "redis_exporter"}, 9121);
        metrics.image = "docker.io/bitnami/redis-exporter:1.50";
        metrics.env = {env("REDIS_USER", "default"), env_secret("REDIS_PASSWORD", "redis", "redis-password")};
        one.containers = {redis, sentinel, metrics};
        if (labelled) one.meta.labels["isMaster"] = i == 0 ? "true" : "false";
        out.pods.push_back(std::move(one));
    }
    kube::Labels match = {{"app.kubernetes.io/name", "redis"}, {"app.kubernetes.io/instance", "redis"}};
    out.services = {service("redis", with(match, {{"app.kubernetes.io/component", "node"}})),
                    service("redis-headless", match, 6379, "None")};
    out.services[0].ports.push_back({"tcp-sentinel", 26379, {}});
    if (labelled) out.services.push_back(service("redis-master", with(match, {{"isMaster", "true"}})));
    make_slices(out);
    return out;
}

// RedisFailover `name` of the Spotahome operator with Service rfrm- (from 1.3.0).
inline fleet::Listed spotahome(const std::string& name, int count) {
    fleet::Listed out;
    auto labels = [&](const char* component) {
        return kube::Labels{{"app.kubernetes.io/managed-by", "redis-operator"},
                            {"redisfailovers.databases.spotahome.com/name", name},
                            {"app.kubernetes.io/name", name},
                            {"app.kubernetes.io/component", component},
                            {"app.kubernetes.io/part-of", "redis-failover"}};
    };
    for (int i = 0; i < count; i++) {
        auto one = pod("rfr-" + name + "-" + std::to_string(i),
                       with(labels("redis"), {{"redisfailovers-role", i == 0 ? "master" : "slave"}}),
                       "10.0.4." + std::to_string(i));
        one.containers[0].env = {env("REDIS_PORT", "6379"), env("REDIS_USER", "default"),
                                 env_secret("REDIS_PASSWORD", "redis-auth", "password")};
        out.pods.push_back(std::move(one));
    }
    for (int i = 0; i < count; i++)
        out.pods.push_back(deployment_pod("rfs-" + name, std::string(1, static_cast<char>('a' + i)), labels("sentinel"),
                                          "10.0.5." + std::to_string(i), sentinel_container()));
    out.services = {service("rfs-" + name,
                            {{"app.kubernetes.io/component", "sentinel"},
                             {"app.kubernetes.io/name", name},
                             {"app.kubernetes.io/part-of", "redis-failover"}},
                            26379),
                    service("rfrm-" + name, {{"redisfailovers-role", "master"},
                                             {"app.kubernetes.io/name", name},
                                             {"app.kubernetes.io/component", "redis"}})};
    make_slices(out);
    return out;
}

// Hand-written: StatefulSets redis-master and redis-slave, Deployment redis-sentinel, no label in common.
inline fleet::Listed hand_written() {
    fleet::Listed out;
    out.pods.push_back(pod("redis-master-0", {{"app", "redis-master"}}, "10.0.6.0", "redis-master"));
    for (int i = 0; i < 2; i++)
        out.pods.push_back(pod("redis-slave-" + std::to_string(i), {{"app", "redis-slave"}},
                               "10.0.6." + std::to_string(i + 1), "redis-slave"));
    for (const char* suffix : {"a", "b", "c"})
        out.pods.push_back(deployment_pod("redis-sentinel", suffix, {{"app", "redis-sentinel"}},
                                          std::string("10.0.7.") + std::to_string(suffix[0] - 'a'),
                                          sentinel_container()));
    out.services = {service("redis-master", {{"app", "redis-master"}}, 6379, "None"),
                    service("redis-slave", {{"app", "redis-slave"}}, 6379, "None"),
                    service("redis-sentinel", {{"app", "redis-sentinel"}}, 26379)};
    make_slices(out);
    return out;
}

inline fleet::Listed both(fleet::Listed a, fleet::Listed b) {
    std::move(b.pods.begin(), b.pods.end(), std::back_inserter(a.pods));
    std::move(b.services.begin(), b.services.end(), std::back_inserter(a.services));
    std::move(b.slices.begin(), b.slices.end(), std::back_inserter(a.slices));
    return a;
}

}  // namespace redisctl::testing
