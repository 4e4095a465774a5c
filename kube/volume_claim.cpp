#include "kube/volume_claim.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/resource.h"

#include <nlohmann/json.hpp>

#include <array>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr Resource volumes{"", "v1", "persistentvolumes", false};
constexpr std::array<const char*, 2> kProvisioners{"volume.kubernetes.io/storage-provisioner",
                                                   "volume.beta.kubernetes.io/storage-provisioner"};
constexpr std::array<const char*, 12> kTypes{"csi",       "hostPath", "local",           "nfs",
                                             "iscsi",     "fc",       "cephfs",          "rbd",
                                             "glusterfs", "azureDisk", "awsElasticBlockStore", "gcePersistentDisk"};

}  // namespace

Result<VolumeClaim> parse_volume_claim(std::string_view text) {
    // Whole: a list leaves out the resources.
    TRY_ASSIGN(const json object, read_object(text, "PersistentVolumeClaim", true));
    const json& spec = member(object, "spec");
    const json& status = member(object, "status");
    VolumeClaim out;
    out.meta = meta_of(object);
    out.phase = text_at(status, "phase");
    out.volume = text_at(spec, "volumeName");
    out.storage_class = text_at(spec, "storageClassName");
    out.access_modes = texts_at(spec, "accessModes");
    out.requested = text_at(member(member(spec, "resources"), "requests"), "storage");
    out.capacity = text_at(member(status, "capacity"), "storage");
    for (const char* name : kProvisioners)
        if (const auto found = out.meta.annotations.find(name); found != out.meta.annotations.end())
            if (out.provisioner.empty()) out.provisioner = found->second;
    return out;
}

Result<PersistentVolume> parse_persistent_volume(std::string_view text) {
    TRY_ASSIGN(const json object, read_object(text, "PersistentVolume"));
    const json& spec = member(object, "spec");
    PersistentVolume out;
    out.meta = meta_of(object);
    out.csi_driver = text_at(member(spec, "csi"), "driver");
    for (const char* type : kTypes)
        if (member(spec, type).is_object()) out.type = type;
    return out;
}

Reading<VolumeClaim> read_volume_claim(Client& client, const std::string& ns, const std::string& name,
                                       Deadline deadline) {
    const Resource& claims = resource::volume_claims;
    return {std::make_unique<Request>(client, Question{access_to("get", claims, ns, name), path_of(claims, ns, name)},
                                      deadline),
            parse_volume_claim};
}

Reading<PersistentVolume> read_persistent_volume(Client& client, const std::string& name, Deadline deadline) {
    return {std::make_unique<Request>(client, Question{access_to("get", volumes, "", name), path_of(volumes, "", name)},
                                      deadline),
            parse_persistent_volume};
}

}  // namespace redisctl::kube
