#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/objects.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace redisctl::kube {

namespace {

using nlohmann::json;

EnvVar env_var(const json& in) {
    const json& from = member(in, "valueFrom");
    const json& secret = member(from, "secretKeyRef");
    return {text_at(in, "name"), text_at(in, "value"), text_at(secret, "name"), text_at(secret, "key"),
            text_at(member(from, "fieldRef"), "fieldPath")};
}

Container container(const json& in) {
    Container out;
    out.name = text_at(in, "name");
    out.image = text_at(in, "image");
    out.command = texts_at(in, "command");
    out.args = texts_at(in, "args");
    for (const json& port : list_at(in, "ports"))
        if (auto number = port_at(port, "containerPort")) out.ports.push_back({text_at(port, "name"), *number});
    for (const json& env : list_at(in, "env")) out.env.push_back(env_var(env));
    for (const json& source : list_at(in, "envFrom"))
        if (std::string secret = text_at(member(source, "secretRef"), "name"); !secret.empty())
            out.env_from_secrets.push_back(std::move(secret));
    for (const json& mount : list_at(in, "volumeMounts"))
        out.mounts.push_back({text_at(mount, "name"), text_at(mount, "mountPath"), text_at(mount, "subPath")});
    for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"})
        if (auto words = texts_at(member(member(in, probe), "exec"), "command"); !words.empty())
            out.probe_commands.push_back(fmt::format("{}", fmt::join(words, " ")));
    return out;
}

std::map<std::string, std::string> items_of(const json& secret) {
    std::map<std::string, std::string> out;
    for (const json& item : list_at(secret, "items")) out.emplace(text_at(item, "key"), text_at(item, "path"));
    return out;
}

Volume volume(const json& in) {
    Volume out;
    out.name = text_at(in, "name");
    const json& secret = member(in, "secret");
    out.secret_name = text_at(secret, "secretName");
    out.secret_items = items_of(secret);
    out.config_map = text_at(member(in, "configMap"), "name");
    out.pvc = text_at(member(in, "persistentVolumeClaim"), "claimName");
    for (const json& source : list_at(member(in, "projected"), "sources")) {
        const json& projected = member(source, "secret");
        if (!out.secret_name.empty() || !projected.is_object()) continue;
        out.secret_name = text_at(projected, "name");
        out.secret_items = items_of(projected);
    }
    return out;
}

ContainerStatus container_status(const json& in) {
    const json& state = member(in, "state");
    ContainerStatus out;
    out.name = text_at(in, "name");
    out.waiting_reason = text_at(member(state, "waiting"), "reason");
    out.ready = flag_at(in, "ready");
    out.running = member(state, "running").is_object();
    out.restarts = integer_at(in, "restartCount");
    return out;
}

Pod pod(const json& in) {
    const json& spec = member(in, "spec");
    const json& status = member(in, "status");
    Pod out;
    out.meta = meta_of(in);
    out.created = text_at(member(in, "metadata"), "creationTimestamp");
    out.phase = text_at(status, "phase");
    out.ip = text_at(status, "podIP");
    out.node = text_at(spec, "nodeName");
    out.subdomain = text_at(spec, "subdomain");
    for (const json& condition : list_at(status, "conditions"))
        if (text_at(condition, "type") == "Ready") out.ready = text_at(condition, "status") == "True";
    for (const json& one : list_at(spec, "initContainers")) out.init_containers.push_back(container(one));
    for (const json& one : list_at(spec, "containers")) out.containers.push_back(container(one));
    for (const json& one : list_at(spec, "volumes")) out.volumes.push_back(volume(one));
    for (const json& one : list_at(status, "containerStatuses")) out.statuses.push_back(container_status(one));
    return out;
}

}  // namespace

Result<Page<Pod>> parse_pods(std::string_view text) {
    return read_page(text, "PodList", pod);
}

Result<Pod> parse_pod(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "Pod"));
    return pod(object);
}

}  // namespace redisctl::kube
