#include "kube/temporary_pod.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace redisctl::kube {

namespace {

using nlohmann::json;

// What decides where it runs, as whom, and whether its image can be pulled. No anti-affinity to the pods of the
// instance, and no scheduling group: it is none of them.
constexpr std::array<const char*, 7> kOfPod{"securityContext", "imagePullSecrets", "tolerations",     "nodeSelector",
                                            "runtimeClassName", "serviceAccountName", "priorityClassName"};
constexpr std::array<const char*, 3> kOfContainer{"securityContext", "resources", "imagePullPolicy"};

template <size_t n>
void take_over(const json& from, json& to, const std::array<const char*, n>& names) {
    for (const char* name : names)
        if (const json& value = member(from, name); !value.is_null()) to[name] = value;
}

json metadata_of(const TemporaryServer& server, const std::string& owner_uid) {
    json metadata{{"name", server.name},
                  {"namespace", server.ns},
                  {"labels",
                   {{"app.kubernetes.io/managed-by", "redisctl"},
                    {temporary_label, "restore"},
                    {operation_label, server.operation}}},
                  {"annotations", {{"redisctl.io/snapshot", server.snapshot}}}};
    if (!owner_uid.empty())
        metadata["ownerReferences"] = json::array(
            {{{"apiVersion", "v1"}, {"kind", "Pod"}, {"name", server.name}, {"uid", owner_uid}}});
    return metadata;
}

std::string dumped(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

Result<std::string> temporary_pod(const TemporaryServer& server, std::string_view pod) {
    TRY_ASSIGN(const json model, read_object(pod, "Pod", true));
    const json& model_spec = member(model, "spec");
    const json& containers = list_at(model_spec, "containers");
    const auto found = std::ranges::find_if(
        containers, [&](const json& one) { return text_at(one, "name") == server.container; });
    if (found == containers.end())
        return fail(ErrorCode::not_found, fmt::format("pod {} has no container {}",
                                                      text_at(member(model, "metadata"), "name"), server.container));
    json container{{"name", "redis"},
                   {"image", server.image.empty() ? text_at(*found, "image") : server.image},
                   {"command", server.command}};
    take_over(*found, container, kOfContainer);
    json data{{"name", "data"}, {"mountPath", server.mount_path}};
    if (!server.sub_path.empty()) data["subPath"] = server.sub_path;
    const std::string folder = std::string(settings_path).substr(0, std::string_view(settings_path).rfind('/'));
    container["volumeMounts"] = {std::move(data), {{"name", "settings"}, {"mountPath", folder}, {"readOnly", true}}};
    json spec{{"restartPolicy", "Never"},
              {"activeDeadlineSeconds", server.ends_after_seconds},
              {"terminationGracePeriodSeconds", 5},
              {"automountServiceAccountToken", false},
              {"enableServiceLinks", false},
              {"containers", json::array({std::move(container)})},
              {"volumes",
               {{{"name", "data"}, {"persistentVolumeClaim", {{"claimName", server.name}}}},
                {{"name", "settings"}, {"secret", {{"secretName", server.name}}}}}}};
    take_over(model_spec, spec, kOfPod);
    if (const json& machines = member(member(model_spec, "affinity"), "nodeAffinity"); !machines.is_null())
        spec["affinity"]["nodeAffinity"] = machines;
    json metadata = metadata_of(server, {});
    // A mesh's proxy would keep the pod from ending, and stand before its port.
    metadata["labels"]["sidecar.istio.io/inject"] = "false";
    metadata["annotations"]["linkerd.io/inject"] = "disabled";
    return dumped(
        {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}});
}

std::string temporary_claim(const TemporaryServer& server, const std::string& owner_uid) {
    json spec{{"accessModes", {"ReadWriteOnce"}},
              {"resources", {{"requests", {{"storage", server.size}}}}},
              {"dataSource",
               {{"apiGroup", "snapshot.storage.k8s.io"}, {"kind", "VolumeSnapshot"}, {"name", server.snapshot}}}};
    if (!server.storage_class.empty()) spec["storageClassName"] = server.storage_class;
    return dumped({{"apiVersion", "v1"},
                   {"kind", "PersistentVolumeClaim"},
                   {"metadata", metadata_of(server, owner_uid)},
                   {"spec", std::move(spec)}});
}

Secret temporary_settings(const TemporaryServer& server, const std::string& owner_uid) {
    const std::string key = std::string(settings_path).substr(std::string_view(settings_path).rfind('/') + 1);
    return Secret(dumped({{"apiVersion", "v1"},
                          {"kind", "Secret"},
                          {"metadata", metadata_of(server, owner_uid)},
                          {"stringData", {{key, server.settings.reveal()}}}}));
}

Result<TemporaryState> parse_temporary_state(std::string_view text) {
    TRY_ASSIGN(const json pod, read_object(text, "Pod", true));
    const json& status = member(pod, "status");
    TemporaryState out;
    out.uid = text_at(member(pod, "metadata"), "uid");
    out.ip = text_at(status, "podIP");
    out.phase = text_at(status, "phase");
    out.why = text_at(status, "message");
    for (const json& condition : list_at(status, "conditions"))
        if (text_at(condition, "type") == "PodScheduled" && text_at(condition, "status") == "False")
            out.why = text_at(condition, "message");
    for (const json& one : list_at(status, "containerStatuses")) {
        const json& state = member(one, "state");
        out.running = member(state, "running").is_object();
        const json& waiting = member(state, "waiting");
        if (const std::string reason = text_at(waiting, "reason"); !reason.empty()) {
            const std::string message = text_at(waiting, "message");
            out.why = message.empty() ? reason : reason + ": " + message;
        }
        const json& ended = member(state, "terminated");
        if (!ended.is_object()) continue;
        out.exit_code = integer_at(ended, "exitCode");
        out.why = fmt::format("it ended with exit code {} ({})", *out.exit_code, text_at(ended, "reason"));
    }
    return out;
}

}  // namespace redisctl::kube
