#include "kube/volume_snapshot.h"

#include "kube/json_fields.h"
#include "kube/list_reader.h"
#include "kube/own_objects.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace redisctl::kube {

namespace {

using nlohmann::json;

constexpr const char* default_annotation = "snapshot.storage.kubernetes.io/is-default-class";

VolumeSnapshot volume_snapshot(const json& in) {
    const json& spec = member(in, "spec");
    const json& status = member(in, "status");
    VolumeSnapshot out;
    out.meta = meta_of(in);
    out.created = text_at(member(in, "metadata"), "creationTimestamp");
    out.claim = text_at(member(spec, "source"), "persistentVolumeClaimName");
    out.snapshot_class = text_at(spec, "volumeSnapshotClassName");
    out.ready = flag_at(status, "readyToUse");
    out.restore_size = text_at(status, "restoreSize");
    out.taken = text_at(status, "creationTime");
    out.error = text_at(member(status, "error"), "message");
    return out;
}

SnapshotClass snapshot_class(const json& in) {
    SnapshotClass out;
    out.meta = meta_of(in);
    out.driver = text_at(in, "driver");
    out.deletion_policy = text_at(in, "deletionPolicy");
    const auto found = out.meta.annotations.find(default_annotation);
    out.is_default = found != out.meta.annotations.end() && found->second == "true";
    return out;
}

template <class T>
std::unique_ptr<Listing<T>> list(Client& client, const Resource& resource, const std::string& ns,
                                 Result<Page<T>> (*parse)(std::string_view)) {
    auto listing = std::make_unique<Listing<T>>();
    std::vector<T>* items = &listing->items;
    auto consume = [items, parse](std::string_view body) -> Result<std::string> {
        TRY_ASSIGN(Page<T> page, parse(body));
        std::move(page.items.begin(), page.items.end(), std::back_inserter(*items));
        return std::move(page.next);
    };
    listing->fetch =
        std::make_unique<Fetch>(client, path_of(resource, ns, "") + "?limit=500", access_to("list", resource, ns, ""),
                                std::move(consume), [items] { items->clear(); });
    return listing;
}

}  // namespace

Result<VolumeSnapshot> parse_volume_snapshot(std::string_view text) {
    TRY_ASSIGN(const json object, read_object(text, "VolumeSnapshot"));
    return volume_snapshot(object);
}

Result<Page<VolumeSnapshot>> parse_volume_snapshots(std::string_view text) {
    return read_page(text, "VolumeSnapshotList", volume_snapshot);
}

Result<Page<SnapshotClass>> parse_snapshot_classes(std::string_view text) {
    return read_page(text, "VolumeSnapshotClassList", snapshot_class);
}

Reading<VolumeSnapshot> read_volume_snapshot(Client& client, const std::string& ns, const std::string& name,
                                             Deadline deadline) {
    const Resource& snapshots = resource::volume_snapshots;
    return {std::make_unique<Request>(
                client, Question{access_to("get", snapshots, ns, name), path_of(snapshots, ns, name)}, deadline),
            parse_volume_snapshot};
}

std::unique_ptr<Listing<VolumeSnapshot>> list_volume_snapshots(Client& client, const std::string& ns) {
    return list<VolumeSnapshot>(client, resource::volume_snapshots, ns, parse_volume_snapshots);
}

std::unique_ptr<Listing<SnapshotClass>> list_snapshot_classes(Client& client) {
    return list<SnapshotClass>(client, resource::snapshot_classes, "", parse_snapshot_classes);
}

Error snapshot_api_error(Error error) {
    // The second are a proxy's words for the first.
    if (error.reason != "NOT_KUBERNETES" && error.cause != "the server could not find the requested resource")
        return error;
    return {ErrorCode::refused, "this cluster has no VolumeSnapshots",
            "its API has no group snapshot.storage.k8s.io: neither the custom resources nor the snapshot controller of "
            "kubernetes-csi/external-snapshotter are installed",
            "redisctl backup rdb needs none of them", "NO_SNAPSHOT_API"};
}

Result<VolumeSnapshot> create_volume_snapshot(Client& client, const NewSnapshot& wanted, Deadline deadline) {
    json metadata{{"name", wanted.name}, {"namespace", wanted.ns}};
    for (const auto& [key, value] : wanted.labels) metadata["labels"][key] = value;
    for (const auto& [key, value] : wanted.annotations) metadata["annotations"][key] = value;
    const json body{{"apiVersion", "snapshot.storage.k8s.io/v1"},
                    {"kind", "VolumeSnapshot"},
                    {"metadata", std::move(metadata)},
                    {"spec",
                     {{"source", {{"persistentVolumeClaimName", wanted.claim}}},
                      {"volumeSnapshotClassName", wanted.snapshot_class}}}};
    Result<std::string> made =
        create_object(client, resource::volume_snapshots, wanted.ns, wanted.name,
                      body.dump(-1, ' ', false, json::error_handler_t::replace), deadline);
    if (!made) return fail(snapshot_api_error(std::move(made).error()));
    return parse_volume_snapshot(*made);
}

}  // namespace redisctl::kube
