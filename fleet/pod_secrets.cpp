#include "fleet/pod_secrets.h"

#include "base/text.h"
#include "fleet/grouping.h"

#include <array>
#include <string_view>
#include <vector>

namespace redisctl::fleet {

namespace {

constexpr std::array redis_passwords = {"REDIS_PASSWORD",          "VALKEY_PASSWORD", "REDIS_MASTER_PASSWORD",
                                        "VALKEY_PRIMARY_PASSWORD", "REDISCLI_AUTH",   "REDIS_PASS",
                                        "REDIS_REQUIREPASS",       "REDIS_AUTH"};
constexpr std::array sentinel_passwords = {"REDIS_SENTINEL_PASSWORD", "VALKEY_SENTINEL_PASSWORD", "SENTINEL_PASSWORD"};

bool starts_with(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

std::string label(const kube::Pod& pod, std::string_view key) {
    auto it = pod.meta.labels.find(key);
    return it == pod.meta.labels.end() ? std::string() : it->second;
}

bool is_chart(const kube::Pod& pod) {
    auto chart = label(pod, "helm.sh/chart");
    return starts_with(chart, "redis-") || starts_with(chart, "valkey-");
}

bool is_bitnami(const kube::Pod& pod, const kube::Container& container) {
    return container.image.find("bitnami") != std::string::npos ||
           (is_chart(pod) && !label(pod, "app.kubernetes.io/component").empty());
}

struct SecretKey {
    std::string name, key;
};

// The Secret and key that stand behind a file in the container; nullopt when the file comes from elsewhere.
std::optional<SecretKey> behind_file(const kube::Pod& pod, const kube::Container& container, std::string_view file) {
    const kube::VolumeMount* best = nullptr;
    std::string_view rest;
    for (const auto& mount : container.mounts) {
        std::string_view path = mount.path;
        while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
        bool inside = starts_with(file, path) && (file.size() == path.size() || file[path.size()] == '/');
        if (!inside || (best != nullptr && path.size() < best->path.size())) continue;
        best = &mount;
        rest = file.substr(path.size());
    }
    if (best == nullptr) return std::nullopt;
    while (!rest.empty() && rest.front() == '/') rest.remove_prefix(1);
    std::string inner = best->sub_path;
    if (!inner.empty() && !rest.empty()) inner += '/';
    inner += rest;
    for (const auto& volume : pod.volumes) {
        if (volume.name != best->volume || volume.secret_name.empty() || inner.empty()) continue;
        if (volume.secret_items.empty()) return SecretKey{volume.secret_name, inner};
        for (const auto& [key, path] : volume.secret_items)
            if (path == inner) return SecretKey{volume.secret_name, key};
    }
    return std::nullopt;
}

template <class List>
std::optional<SecretRef> from_env(const kube::Container& container, const List& names) {
    for (std::string_view name : names)
        for (const auto& variable : container.env)
            if (variable.name == name && !variable.secret_name.empty())
                return SecretRef{variable.secret_name, variable.secret_key,
                                 "env " + variable.name + " of container " + container.name};
    return std::nullopt;
}

template <class List>
std::optional<SecretRef> from_file(const kube::Pod& pod, const kube::Container& container, const List& names) {
    for (std::string_view name : names) {
        auto variable = std::string(name) + "_FILE";
        auto file = env_value(container, variable);
        if (file.empty()) continue;
        if (auto found = behind_file(pod, container, file))
            return SecretRef{found->name, found->key, "file of env " + variable + " of container " + container.name};
    }
    return std::nullopt;
}

std::optional<SecretRef> from_any_password_env(const kube::Container& container) {
    for (const auto& variable : container.env)
        if (!variable.secret_name.empty() && variable.name.find("PASSWORD") != std::string::npos &&
            variable.name.find("SENTINEL") == std::string::npos)
            return SecretRef{variable.secret_name, variable.secret_key,
                             "env " + variable.name + " of container " + container.name};
    return std::nullopt;
}

// A Secret volume whose keys are named tells for sure; one that is only called "redis-password" is a guess, so it may
// be absent.
std::optional<SecretRef> from_volume(const kube::Pod& pod) {
    for (const auto& volume : pod.volumes)
        for (const char* key : {"redis-password", "valkey-password"}) {
            if (volume.secret_name.empty()) continue;
            if (volume.secret_items.count(key) != 0) return SecretRef{volume.secret_name, key, "volume " + volume.name};
            if (volume.secret_items.empty() && volume.name == key)
                return SecretRef{volume.secret_name, key, "volume " + volume.name, true};
        }
    return std::nullopt;
}

std::optional<SecretRef> from_env_from(const kube::Container& container) {
    if (container.env_from_secrets.empty()) return std::nullopt;
    return SecretRef{container.env_from_secrets.front(), "REDIS_PASSWORD", "envFrom of container " + container.name,
                     true};
}

// <fullname>/redis-password; the fullname is the workload's name, without Bitnami's -master, -replicas, -node.
std::optional<SecretRef> from_chart(const kube::Pod& pod) {
    if (!is_chart(pod)) return std::nullopt;
    bool valkey = starts_with(label(pod, "helm.sh/chart"), "valkey-");
    std::string word = valkey ? "valkey" : "redis";
    std::string fullname;
    if (auto owner = workload(pod); owner != pod.meta.name)
        fullname = label(pod, "app.kubernetes.io/component").empty() ? owner : family(owner);
    if (fullname.empty()) {
        auto release = label(pod, "app.kubernetes.io/instance");
        fullname = release.find(word) != std::string::npos ? release : release + "-" + word;
    }
    return SecretRef{fullname, word + "-password", "chart's " + fullname + "/" + word + "-password", true};
}

bool is_on(std::string_view value) {
    auto text = lower(value);
    return text == "yes" || text == "true" || text == "1" || text == "on";
}

std::optional<std::string> tls_evidence(const Process& process, const std::vector<std::string_view>& list) {
    const auto& container = *process.container;
    bool sentinel = process.kind == NodeKind::sentinel;
    // TLS_MODE is the OT-CONTAINER-KIT operator's.
    for (std::string_view name :
         sentinel ? std::array{"REDIS_SENTINEL_TLS_ENABLED", "VALKEY_SENTINEL_TLS_ENABLED", "TLS_MODE"}
                  : std::array{"REDIS_TLS_ENABLED", "VALKEY_TLS_ENABLED", "TLS_MODE"})
        if (auto value = env_value(container, name); is_on(value))
            return "env " + std::string(name) + "=" + std::string(value);
    if (auto port = option(list, "--tls-port"); !port.empty() && port != "0")
        return "arg --tls-port " + std::string(port);
    if (option(list, "--port") == "0") return "arg --port 0";
    for (const auto& probe : container.probe_commands)
        for (auto word : split(probe, ' '))
            if (word == "--tls") return "probe with --tls";
    return std::nullopt;
}

// Where the spec names a file for it: env REDIS_TLS_CERT_FILE, argument --tls-cert-file, or the probe's --cert.
std::string_view tls_file(const Process& process, const std::vector<std::string_view>& list, std::string_view env,
                          std::string_view argument, std::string_view probe_option) {
    for (const char* prefix : {"REDIS_SENTINEL_TLS_", "REDIS_TLS_", "VALKEY_SENTINEL_TLS_", "VALKEY_TLS_"})
        if (auto value = env_value(*process.container, prefix + std::string(env)); !value.empty()) return value;
    if (auto value = option(list, argument); !value.empty()) return value;
    for (const auto& probe : process.container->probe_commands)
        if (auto value = option(split(probe, ' '), probe_option); !value.empty()) return value;
    return {};
}

}  // namespace

std::optional<SecretRef> password_of(const kube::Pod& pod, const Process& process) {
    const auto& container = *process.container;
    if (process.kind == NodeKind::sentinel) {
        if (auto ref = from_env(container, sentinel_passwords)) return ref;
        if (auto ref = from_file(pod, container, sentinel_passwords)) return ref;
        if (!is_bitnami(pod, container)) return std::nullopt;
        if (auto ref = from_env(container, redis_passwords)) return ref;
        return from_file(pod, container, redis_passwords);
    }
    if (auto ref = from_env(container, redis_passwords)) return ref;
    if (auto ref = from_file(pod, container, redis_passwords)) return ref;
    if (auto ref = from_any_password_env(container)) return ref;
    for (const auto& init : pod.init_containers) {
        if (auto ref = from_env(init, redis_passwords)) return ref;
        if (auto ref = from_any_password_env(init)) return ref;
    }
    if (auto ref = from_volume(pod)) return ref;
    if (auto ref = from_env_from(container)) return ref;
    if (is_on(env_value(container, "ALLOW_EMPTY_PASSWORD"))) return std::nullopt;
    return from_chart(pod);
}

Secret spelled_password_of(const Process& process) {
    auto usable = [](std::string_view text) { return !text.empty() && text.find('$') == std::string_view::npos; };
    const auto& container = *process.container;
    if (auto word = option(words(container), "--requirepass"); usable(word)) return Secret(std::string(word));
    auto first = [&](const auto& names) -> std::string_view {
        for (const char* name : names)
            if (auto value = env_value(container, name); usable(value)) return value;
        return {};
    };
    return Secret(std::string(process.kind == NodeKind::sentinel ? first(sentinel_passwords) : first(redis_passwords)));
}

std::string acl_user_of(const Process& process) {
    auto variables = process.kind == NodeKind::sentinel
                         ? std::array{"REDIS_SENTINEL_USER", "REDIS_SENTINEL_USERNAME", "VALKEY_SENTINEL_USER"}
                         : std::array{"REDIS_USER", "REDIS_USERNAME", "VALKEY_USER"};
    for (const char* name : variables)
        if (auto user = env_value(*process.container, name);
            !user.empty() && user != "default" && user.find('$') == std::string_view::npos)
            return std::string(user);
    return {};
}

TlsHint tls_of(const kube::Pod& pod, const Process& process) {
    auto list = words(*process.container);
    auto evidence = tls_evidence(process, list);
    TlsHint hint;
    if (!evidence) return hint;
    hint.enabled = true;
    hint.evidence = *evidence;

    auto locate = [&](std::string_view env, std::string_view argument, std::string_view probe) {
        return behind_file(pod, *process.container, tls_file(process, list, env, argument, probe));
    };
    auto ca = locate("CA_FILE", "--tls-ca-cert-file", "--cacert");
    auto cert = locate("CERT_FILE", "--tls-cert-file", "--cert");
    auto key = locate("KEY_FILE", "--tls-key-file", "--key");
    // One Secret is named; the client certificate's decides, since a CA alone can be given by flag.
    if (cert)
        hint.secret = cert->name;
    else if (ca)
        hint.secret = ca->name;
    if (cert) hint.cert_key = cert->key;
    if (ca && ca->name == hint.secret) hint.ca_key = ca->key;
    if (key && key->name == hint.secret) hint.key_key = key->key;
    if (!hint.secret.empty()) return hint;

    // No file is named (it stands in redis.conf): a mounted Secret that is called after certificates, with the keys of
    // kubernetes.io/tls.
    for (const auto& mount : process.container->mounts)
        for (const auto& volume : pod.volumes)
            if (volume.name == mount.volume && !volume.secret_name.empty() &&
                (volume.name.find("cert") != std::string::npos || volume.name.find("tls") != std::string::npos)) {
                hint.secret = volume.secret_name;
                hint.ca_key = "ca.crt";
                hint.cert_key = "tls.crt";
                hint.key_key = "tls.key";
                return hint;
            }
    return hint;
}

}  // namespace redisctl::fleet
