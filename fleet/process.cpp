#include "fleet/process.h"

#include "base/text.h"
#include "kube/temporary_pod.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

namespace redisctl::fleet {

namespace {

using Words = std::vector<std::string_view>;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> set) {
    return std::find(set.begin(), set.end(), text) != set.end();
}

bool has(const Words& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::string_view base_name(std::string_view path) {
    auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// "docker.io/bitnami/redis:7.0" → "redis"
std::string_view image_name(std::string_view image) {
    auto name = base_name(image);
    return name.substr(0, name.find_first_of(":@"));
}

bool runs(const Words& list, std::initializer_list<std::string_view> programs) {
    return std::any_of(list.begin(), list.end(), [&](auto word) { return is_one_of(base_name(word), programs); });
}

// The first word that is a program of its own, behind shells and init wrappers.
std::string_view first_program(const Words& list) {
    for (auto word : list)
        if (!is_one_of(base_name(word), {"sh", "bash", "ash", "dash", "busybox", "-c", "-ec", "-ce", "-e", "exec",
                                         "tini", "dumb-init", "--"}))
            return base_name(word);
    return {};
}

// They listen on 6379 or carry the word redis, yet what answers there is somebody else.
bool is_bystander(const kube::Container& container) {
    auto image = image_name(container.image);
    if (contains(image, "exporter") || contains(container.name, "exporter") || container.name == "metrics") return true;
    for (auto proxy : {"haproxy", "envoy", "twemproxy", "nutcracker", "predixy", "proxy", "stunnel", "nginx", "istio",
                       "kubectl", "insight", "commander", "operator"})
        if (contains(image, proxy)) return true;
    return false;
}

bool is_sentinel_port(const kube::ContainerPort& port) {
    return port.port == 26379 || contains(port.name, "sentinel");
}

bool is_redis_port(const kube::ContainerPort& port) {
    if (is_sentinel_port(port)) return false;
    return port.port == 6379 ||
           is_one_of(port.name, {"redis", "tcp-redis", "redis-tcp", "redis-tls", "valkey", "tcp-valkey", "client"});
}

std::optional<NodeKind> kind_by_name(const kube::Container& container) {
    if (contains(container.name, "sentinel")) return NodeKind::sentinel;
    if (is_one_of(container.name, {"redis", "valkey", "redis-server", "valkey-server", "redis-node", "valkey-node"}))
        return NodeKind::redis;
    return std::nullopt;
}

std::optional<NodeKind> kind_by_port(const kube::Container& container) {
    const auto& ports = container.ports;
    if (std::any_of(ports.begin(), ports.end(), is_sentinel_port)) return NodeKind::sentinel;
    // "client" is a redis port only beside a Redis image: many a program has a port of that name.
    bool redis_like = contains(image_name(container.image), "redis") || contains(image_name(container.image), "valkey");
    if (std::any_of(ports.begin(), ports.end(), [&](const auto& port) {
            return is_redis_port(port) && (port.name != "client" || redis_like || port.port == 6379);
        }))
        return NodeKind::redis;
    return std::nullopt;
}

// The image's own entry point runs the server unless the arguments are a command of their own (`kubectl run x
// --image=redis -- redis-cli`).
std::optional<NodeKind> kind_by_image(const kube::Container& container, const Words& list) {
    bool own_entry_point = container.command.empty() &&
                           (list.empty() || list.front().substr(0, 1) == "-" || contains(list.front(), ".conf"));
    if (!own_entry_point) return std::nullopt;
    auto image = image_name(container.image);
    if (is_one_of(image, {"redis-sentinel", "valkey-sentinel"})) return NodeKind::sentinel;
    if (is_one_of(image, {"redis", "valkey", "redis-stack-server", "redis-stack", "keydb"})) return NodeKind::redis;
    return std::nullopt;
}

std::optional<NodeKind> kind_of(const kube::Container& container, const Words& list) {
    if (is_bystander(container)) return std::nullopt;
    bool server = runs(list, {"redis-server", "valkey-server", "keydb-server"});
    if (runs(list, {"redis-sentinel", "valkey-sentinel"}) || (server && has(list, "--sentinel")))
        return NodeKind::sentinel;
    if (server) return NodeKind::redis;
    if (is_one_of(first_program(list), {"redis-cli", "valkey-cli", "redis-benchmark", "valkey-benchmark"}))
        return std::nullopt;
    if (auto kind = kind_by_name(container)) return kind;
    if (auto kind = kind_by_port(container)) return kind;
    return kind_by_image(container, list);
}

bool only_sleeps(const Words& list) {
    auto program = first_program(list);
    return program == "sleep" || (program == "tail" && has(list, "/dev/null"));
}

std::optional<uint16_t> port_from_env(const kube::Container& container, std::initializer_list<std::string_view> names) {
    for (auto name : names)
        if (auto port = parse_port(env_value(container, name))) return port;
    return std::nullopt;
}

}  // namespace

Words words(const kube::Container& container) {
    constexpr std::string_view separators = " \t\r\n;|&()'\"`";
    Words out;
    for (const auto* list : {&container.command, &container.args})
        for (const std::string_view text : *list) {
            size_t at = 0;
            while ((at = text.find_first_not_of(separators, at)) != std::string_view::npos) {
                auto end = std::min(text.find_first_of(separators, at), text.size());
                out.push_back(text.substr(at, end - at));
                at = end;
            }
        }
    return out;
}

std::string_view option(const Words& list, std::string_view option) {
    for (size_t i = list.size(); i-- > 1;)
        if (list[i - 1] == option) return list[i];
    return {};
}

std::string_view env_value(const kube::Container& container, std::string_view name) {
    for (const auto& variable : container.env)
        if (variable.name == name) return variable.value;
    return {};
}

bool counts(const kube::Pod& pod) {
    if (pod.meta.terminating || pod.phase == "Succeeded") return false;
    if (pod.meta.annotations.count("helm.sh/hook") != 0) return false;
    if (pod.meta.labels.count(kube::temporary_label) != 0) return false;
    if (pod.phase != "Failed") return true;
    // A StatefulSet makes its pod anew under the same name; the others leave the failed one (evicted, say) beside its
    // successor.
    for (const auto& owner : pod.meta.owners)
        if (owner.controller && is_one_of(owner.kind, {"ReplicaSet", "Job", "DaemonSet"})) return false;
    return true;
}

std::vector<Process> processes(const kube::Pod& pod) {
    std::vector<Process> out;
    for (const auto& container : pod.containers) {
        auto list = words(container);
        if (auto kind = kind_of(container, list)) out.push_back({*kind, &container, only_sleeps(list)});
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        return a.kind == NodeKind::redis && b.kind != NodeKind::redis;
    });
    return out;
}

uint16_t listening_port(const Process& process, bool tls) {
    const auto& container = *process.container;
    auto list = words(container);
    if (auto port = parse_port(option(list, tls ? "--tls-port" : "--port"))) return *port;

    bool sentinel = process.kind == NodeKind::sentinel;
    std::optional<uint16_t> port;
    if (sentinel && tls)
        port = port_from_env(container, {"REDIS_SENTINEL_TLS_PORT_NUMBER", "VALKEY_SENTINEL_TLS_PORT_NUMBER"});
    if (sentinel && !port)
        port = port_from_env(container, {"REDIS_SENTINEL_PORT_NUMBER", "REDIS_SENTINEL_PORT",
                                         "VALKEY_SENTINEL_PORT_NUMBER", "SENTINEL_PORT"});
    if (!sentinel && tls)
        port = port_from_env(container,
                             {"REDIS_TLS_PORT_NUMBER", "REDIS_TLS_PORT", "VALKEY_TLS_PORT_NUMBER", "VALKEY_TLS_PORT"});
    // Bitnami's Sentinel pods name their own port REDIS_MASTER_PORT_NUMBER; its replicas have REDIS_PORT for that, so
    // it comes last.
    if (!sentinel && !port)
        port = port_from_env(container, {"REDIS_PORT", "REDIS_PORT_NUMBER", "VALKEY_PORT", "VALKEY_PORT_NUMBER",
                                         "REDIS_MASTER_PORT_NUMBER", "VALKEY_PRIMARY_PORT_NUMBER"});
    if (port) return *port;

    for (const auto& candidate : container.ports)
        if (sentinel ? is_sentinel_port(candidate) : is_redis_port(candidate)) return candidate.port;
    return sentinel ? 26379 : 6379;
}

}  // namespace redisctl::fleet
