#include "base/json_values.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/context.h"
#include "commands/info_fields.h"
#include "commands/snapshot_note.h"
#include "kube/pod_condition.h"
#include "kube/request.h"
#include "kube/volume_snapshot.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr Millis one_round{15'000};

// Whose volume it was: of our own the note says it, of others the claim, where a pod has it now.
using Claims = std::map<std::pair<std::string, std::string>, std::pair<const fleet::Instance*, std::string>>;

Claims claims_of(const fleet::Inventory& inventory) {
    Claims claims;
    for (const fleet::Instance& instance : inventory.instances)
        for (const fleet::Node& node : instance.nodes)
            for (const kube::Pod* pod : instance.pods)
                if (pod->meta.name == node.pod)
                    for (const kube::Volume& volume : pod->volumes)
                        if (!volume.pvc.empty()) claims.try_emplace({instance.ns, volume.pvc}, &instance, node.name);
    return claims;
}

struct Listed {
    kube::VolumeSnapshot snapshot;
    SnapshotNote note;
    const fleet::Instance* instance;
    bool ours;  // redisctl made it
};

output::Cell ready_cell(const kube::VolumeSnapshot& snapshot) {
    if (snapshot.ready) return {"yes", output::Tone::good};
    return {snapshot.error.empty() ? "not yet" : "failed", output::Tone::bad};
}

Result<std::vector<Listed>> find_snapshots(Context& context, const fleet::Inventory& inventory) {
    kube::Client& client = *context.client();
    const std::string ns = context.globals().all_namespaces ? "" : client.config().ns;
    const auto listing = kube::list_volume_snapshots(client, ns);
    auto snapshots = kube::await(client, *listing, Deadline::after(one_round));
    if (!snapshots) return fail(kube::snapshot_api_error(std::move(snapshots).error()));
    const Claims claims = claims_of(inventory);
    std::vector<Listed> listed;
    for (kube::VolumeSnapshot& snapshot : *snapshots) {
        SnapshotNote note = note_of(snapshot);
        const bool ours = !note.operation.empty();
        const auto named = std::ranges::find_if(inventory.instances, [&](const fleet::Instance& one) {
            return one.name == note.instance && one.ns == snapshot.meta.ns;
        });
        const auto claim = claims.find({snapshot.meta.ns, snapshot.claim});
        if (named == inventory.instances.end() && (!note.instance.empty() || claim == claims.end())) continue;
        if (note.node.empty() && claim != claims.end()) note.node = claim->second.second;
        const fleet::Instance* instance = named != inventory.instances.end() ? &*named : claim->second.first;
        listed.push_back({std::move(snapshot), std::move(note), instance, ours});
    }
    std::ranges::sort(listed, {}, [](const Listed& one) {
        return std::tuple(one.instance->ns, one.instance->name, one.snapshot.created, one.snapshot.meta.name);
    });
    return listed;
}

Result<ExitCode> run(Context& context) {
    TRY_ASSIGN(const fleet::Found found, context.find());
    if (!context.in_kubernetes())
        return fail(Error{ErrorCode::refused, "there are no VolumeSnapshots without Kubernetes",
                          "they are copies of its volumes", "redisctl backup list", "NO_POD"});
    TRY_ASSIGN(const std::vector<Listed> listed, find_snapshots(context, found.inventory));
    output::Document document("SnapshotList", context.kube_context());
    output::Table table{"",
                        {{"INSTANCE"},
                         {"SNAPSHOT"},
                         {"NODE"},
                         {"CLAIM"},
                         {"READY"},
                         output::numbers("SIZE"),
                         output::numbers("KEYS"),
                         output::numbers("AGE"),
                         {"CLASS", output::Show::wide_only},
                         {"SERVER", output::Show::wide_only},
                         {"MADE BY", output::Show::wide_only}},
                        {}};
    const int64_t now = parse_rfc3339(rfc3339_now()).value_or(0);
    bool bad = false;
    for (const Listed& one : listed) {
        const auto& [snapshot, note, instance, ours] = one;
        const auto bytes = kube::parse_quantity(snapshot.restore_size);
        const auto keys = count_keys(note);
        const auto created = parse_rfc3339(snapshot.created);
        const std::optional<int64_t> age = created ? std::optional(std::max<int64_t>(now - *created, 0)) : std::nullopt;
        Json item{{"instance", instance->name}, {"namespace", text_or_null(instance->ns)}};
        item["snapshot"] = snapshot.meta.name;
        item["node"] = text_or_null(note.node);
        item["role"] = text_or_null(note.role);
        item["claim"] = text_or_null(snapshot.claim);
        item["class"] = text_or_null(snapshot.snapshot_class);
        item["ready"] = snapshot.ready;
        item["created"] = text_or_null(snapshot.created);
        item["taken"] = text_or_null(snapshot.taken);
        item["ageSeconds"] = value_or_null(age);
        item["restoreSize"] = text_or_null(snapshot.restore_size);
        item["restoreBytes"] = value_or_null(bytes);
        item["server"] = text_or_null(note.server);
        item["serverVersion"] = text_or_null(note.version);
        item["replid"] = text_or_null(note.replid);
        item["offset"] = value_or_null(note.offset);
        item["keys"] = value_or_null(note.keys);
        item["aof"] = value_or_null(note.aof);
        item["byRedisctl"] = ours;
        document.add_item(std::move(item));
        document.add_name(snapshot.meta.name);
        if (!snapshot.error.empty() && !snapshot.ready) {
            bad = true;
            document.add_error({instance->full_name(), note.node,
                                Error{ErrorCode::server,
                                      fmt::format("the driver could not make VolumeSnapshot {}", snapshot.meta.name),
                                      printable(snapshot.error),
                                      fmt::format("kubectl delete volumesnapshot {} -n {}", snapshot.meta.name,
                                                  snapshot.meta.ns),
                                      "SNAPSHOT_FAILED"}});
        }
        table.rows.push_back({instance->full_name(), snapshot.meta.name, note.node, snapshot.claim,
                              ready_cell(snapshot), bytes_cell(bytes),
                              keys ? output::Cell(std::to_string(*keys)) : output::Cell(), seconds_cell(age),
                              snapshot.snapshot_class,
                              note.server.empty() ? std::string() : note.server + " " + note.version,
                              ours ? "redisctl" : "others"});
    }
    document.add_table(std::move(table));
    TRY(context.output().print(document));
    return bad ? ExitCode::bad_answer : ExitCode::ok;
}

void bind(Spec& spec) {
    spec.examples = {"redisctl snapshot list", "redisctl snapshot list -A -o wide",
                     "redisctl snapshot list --instance redis --json"};
    spec.run = run;
}

}  // namespace

extern const Command snapshot_list_command{
    "snapshot list",
    Group::look,
    "List the VolumeSnapshots of the nodes' volumes, and what of their data they hold",
    Uses::target,
    {},
    bind,
    "SnapshotList"};

}  // namespace redisctl
