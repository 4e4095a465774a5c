#include "kube/reapply.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"

#include <nlohmann/json.hpp>

#include <array>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr std::array<const char*, 4> kKeptOfMetadata{"annotations", "labels", "name", "namespace"};
// Controllers write them, and read them as if it had been so.
constexpr std::array<const char*, 7> kAnnotationsOfServer{"kubectl.kubernetes.io/last-applied-configuration",
                                                          "deployment.kubernetes.io/revision",
                                                          "pv.kubernetes.io/bind-completed",
                                                          "pv.kubernetes.io/bound-by-controller",
                                                          "volume.kubernetes.io/selected-node",
                                                          "volume.kubernetes.io/storage-provisioner",
                                                          "volume.beta.kubernetes.io/storage-provisioner"};

json metadata_of(const json& object) {
    json kept = json::object();
    const json& all = member(object, "metadata");
    for (const char* name : kKeptOfMetadata)
        if (const json& value = member(all, name); !value.is_null()) kept[name] = value;
    if (const auto annotations = kept.find("annotations"); annotations != kept.end() && annotations->is_object()) {
        for (const char* name : kAnnotationsOfServer) annotations->erase(name);
        if (annotations->empty()) kept.erase("annotations");
    }
    return kept;
}

void add_name(const json& object, const char* holder, const char* key, std::set<std::string>& names) {
    if (const std::string name = text_at(member(object, holder), key); !name.empty()) names.insert(name);
}

}  // namespace

Result<json> reappliable(std::string_view text) {
    TRY_ASSIGN(json object, read_object(text, "", true));
    object["metadata"] = metadata_of(object);
    object.erase("status");
    const auto spec = object.find("spec");
    if (spec == object.end() || !spec->is_object()) return object;
    const std::string kind = text_at(object, "kind");
    // "None" is chosen, an address is given.
    if (kind == "Service" && text_at(*spec, "clusterIP") != "None") spec->erase("clusterIP");
    if (kind == "Service" && !spec->contains("clusterIP")) spec->erase("clusterIPs");
    if (kind == "PersistentVolumeClaim") spec->erase("volumeName");
    return object;
}

void add_references(const json& object, References& references) {
    if (object.is_object()) {
        for (const char* holder : {"configMap", "configMapRef", "configMapKeyRef"})
            add_name(object, holder, "name", references.config_maps);
        for (const char* holder : {"secretRef", "secretKeyRef"}) add_name(object, holder, "name", references.secrets);
        // The Spotahome operator's spec.auth.
        add_name(object, "auth", "secretPath", references.secrets);
        // A volume's, and the one of a projected volume.
        for (const char* key : {"secretName", "name"}) add_name(object, "secret", key, references.secrets);
    }
    if (object.is_structured())
        for (const json& value : object) add_references(value, references);
}

}  // namespace redisctl::kube
