#include "commands/node_volume.h"

#include "commands/node_container.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

namespace redisctl {

namespace {

constexpr const char* usual_directory = "/data";
constexpr const char* without_a_volume = "redisctl backup rdb needs no volume";

std::string_view without_slash(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

bool covers(std::string_view mount, std::string_view directory) {
    mount = without_slash(mount);
    if (mount == "/" || mount == directory) return true;
    return directory.size() > mount.size() && directory.starts_with(mount) && directory[mount.size()] == '/';
}

// The innermost of those that cover it.
const kube::VolumeMount* mount_of(const kube::Container& container, std::string_view directory) {
    const kube::VolumeMount* found = nullptr;
    for (const kube::VolumeMount& mount : container.mounts)
        if (covers(mount.path, directory) && (found == nullptr || mount.path.size() > found->path.size()))
            found = &mount;
    return found;
}

}  // namespace

Result<NodeVolume> volume_of(const fleet::Instance& instance, const fleet::Node& node, const std::string& directory,
                             const kube::PodCondition& condition) {
    NodeVolume out;
    out.pod = pod_of(instance, node);
    if (out.pod == nullptr)
        return fail(Error{ErrorCode::refused, fmt::format("{} is no pod", node.name),
                          "only a volume of Kubernetes has VolumeSnapshots", without_a_volume, "NO_POD"});
    out.container = container_of(*out.pod, node);
    const auto container = std::ranges::find(out.pod->containers, out.container, &kube::Container::name);
    if (container == out.pod->containers.end())
        return fail(ErrorCode::internal, fmt::format("pod {} has no container of {}", out.pod->meta.name, node.name));
    out.image = container->image;
    out.directory = without_slash(directory.empty() ? usual_directory : directory);
    out.why = directory.empty() ? "the usual place: the node does not say where (CONFIG is renamed or denied)"
                                : "as CONFIG GET dir says";
    const kube::VolumeMount* mount = mount_of(*container, out.directory);
    if (mount == nullptr)
        return fail(Error{ErrorCode::refused, fmt::format("the data of {} lie on no volume", node.name),
                          fmt::format("nothing is mounted at {} of container {} ({}), so they go with it",
                                      out.directory, out.container, out.why),
                          without_a_volume, "NO_VOLUME"});
    out.mount_path = mount->path;
    out.sub_path = mount->sub_path;
    const auto volume = std::ranges::find(out.pod->volumes, mount->volume, &kube::Volume::name);
    if (volume != out.pod->volumes.end()) out.claim = volume->pvc;
    const auto kind = condition.volumes.find(mount->volume);
    const std::string type = kind == condition.volumes.end() ? "unknown" : kind->second;
    // The claim of such a volume is made with the pod: pkg/controller/volume/ephemeral.
    if (type == "ephemeral") out.claim = out.pod->meta.name + "-" + mount->volume;
    if (!out.claim.empty()) return out;
    return fail(Error{ErrorCode::refused,
                      fmt::format("the volume of {} has no PersistentVolumeClaim", node.name),
                      fmt::format("what is mounted at {} is of the kind {}{}", out.mount_path, type,
                                  type == "emptyDir" ? ", which goes with the pod" : ""),
                      without_a_volume, "NO_CLAIM"});
}

}  // namespace redisctl
