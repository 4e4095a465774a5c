#include "backup/manifest.h"
#include "base/json_values.h"
#include "base/text.h"
#include "commands/backup_source.h"
#include "commands/command.h"
#include "commands/look.h"
#include "commands/node_disk.h"
#include "commands/node_volume.h"
#include "commands/snapshot_class.h"
#include "commands/snapshot_note.h"
#include "commands/snapshot_wait.h"
#include "kube/pod_condition.h"
#include "kube/request.h"
#include "kube/volume_claim.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr Millis one_round{10'000}, ready_in{300'000};

struct Options {
    std::vector<std::string> node;
    std::string snapshot_class, wait;
    bool dry_run = false;
};

class SnapshotCreate {
  public:
    SnapshotCreate(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        if (!options_.wait.empty()) {
            TRY_ASSIGN(patience_, parse_duration(options_.wait));
        }
        context_.begin_operation(id_);
        TRY_ASSIGN(seen_, look_at_one(context_, "a snapshot is of one"));
        if (!context_.in_kubernetes())
            return fail(Error{ErrorCode::refused, "there are no VolumeSnapshots without Kubernetes",
                              "they are copies of its volumes", "redisctl backup rdb", "NO_POD"});
        TRY(choose_node());
        TRY_ASSIGN(disk_, ask_disk(context_, *source_.node));
        TRY(find_volume());
        TRY(look_at_claim());
        TRY(choose());
        if (!json()) TRY(context_.output().write(plan_text()));
        if (options_.dry_run) {
            TRY(print("planned"));
            return ExitCode::ok;
        }
        return make();
    }

  private:
    bool json() const { return output::is_document(context_.output().settings().format); }
    const topology::Picture& picture() const { return seen_.pictures.front(); }
    const fleet::Instance& instance() const { return seen_.found.inventory.instances.front(); }

    Result<void> choose_node() {
        const bool named = !options_.node.empty() || !context_.globals().nodes.empty();
        TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen_.found, options_.node, context_.globals().nodes));
        TRY_ASSIGN(source_, choose_source(instance(), picture(), wanted, named, BackupFrom::best));
        return {};
    }

    Result<void> find_volume() {
        kube::Client& client = *context_.client();
        const Deadline until = Deadline::after(one_round);
        TRY_ASSIGN(
            const kube::PodCondition condition,
            kube::await(client, kube::read_pod_condition(client, instance().ns, source_.node->pod, until), until));
        TRY_ASSIGN(volume_, volume_of(instance(), *source_.node, disk_.directory, condition));
        return {};
    }

    Result<void> look_at_claim() {
        kube::Client& client = *context_.client();
        const Deadline until = Deadline::after(one_round);
        TRY_ASSIGN(claim_,
                   kube::await(client, kube::read_volume_claim(client, instance().ns, volume_.claim, until), until));
        if (claim_.phase != "Bound" || claim_.volume.empty())
            return fail(Error{ErrorCode::refused, fmt::format("PersistentVolumeClaim {} is not bound", volume_.claim),
                              fmt::format("its phase is {}", claim_.phase.empty() ? "unknown" : claim_.phase),
                              fmt::format("kubectl describe pvc {} -n {}", volume_.claim, instance().ns), "NOT_BOUND"});
        const auto volume = kube::await(client, kube::read_persistent_volume(client, claim_.volume, until), until);
        if (!volume && volume.error().code == ErrorCode::interrupted) return fail(volume.error());
        if (volume && volume->csi_driver.empty())
            return fail(Error{ErrorCode::refused, fmt::format("no CSI driver made the volume of {}", volume_.claim),
                              fmt::format("PersistentVolume {} is of the kind {}, which cannot be copied so",
                                          claim_.volume, volume->type.empty() ? "unknown" : volume->type),
                              "redisctl backup rdb needs no volume", "NOT_CSI"});
        // Where volumes may not be read the claim says by whom its volume was made.
        driver_ = volume ? volume->csi_driver : claim_.provisioner;
        if (driver_.empty() && options_.snapshot_class.empty()) {
            Error error = volume.error();
            error.message = fmt::format("it is not known which driver made the volume of {}: {}", volume_.claim,
                                        error.message);
            error.hint += ", or name the class: --class NAME";
            return fail(std::move(error));
        }
        return {};
    }

    Result<void> choose() {
        kube::Client& client = *context_.client();
        const auto listing = kube::list_snapshot_classes(client);
        auto classes = kube::await(client, *listing, Deadline::after(one_round));
        if (classes) {
            TRY_ASSIGN(class_, choose_class(*classes, driver_, options_.snapshot_class));
            return {};
        }
        Error error = kube::snapshot_api_error(std::move(classes).error());
        if (error.code != ErrorCode::forbidden) return fail(std::move(error));
        if (options_.snapshot_class.empty()) {
            error.hint += ", or name the class: --class NAME";
            return fail(std::move(error));
        }
        class_ = {options_.snapshot_class, {}, "as named, and not looked at: " + error.message};
        return {};
    }

    std::string plan_text() const {
        std::string text = fmt::format("snapshot of {}, {} of {}: {}\n", printable(source_.node->name),
                                       redis::role_name(disk_.view.role), printable(picture().full_name()),
                                       source_.why);
        text += fmt::format("  volume    {} at {}, {}; {}\n", volume_.claim, volume_.mount_path,
                            claim_.capacity.empty() ? "of unknown size" : claim_.capacity,
                            driver_.empty() ? "its driver is not known" : driver_);
        text += fmt::format("  data in   {}, {}\n", printable(volume_.directory), volume_.why);
        text += fmt::format("  class     {}, {}\n", class_.name, class_.why);
        text += fmt::format("  before    BGSAVE to its end{}\n",
                            !disk_.aof ? ""
                            : disk_.appendfsync == "everysec"
                                ? "; then the AOF until it is behind an fsync"
                                : fmt::format("; the AOF as it is (appendfsync {})",
                                              disk_.appendfsync.empty() ? "is unknown" : disk_.appendfsync));
        text += fmt::format("  makes     VolumeSnapshot {}\n", name_of_snapshot());
        return text + fmt::format("  undo      {}\n", removal());
    }

    std::string name_of_snapshot() const {
        constexpr size_t longest = 253;
        const std::string id = "-" + lower(id_);
        return volume_.claim.substr(0, longest - id.size()) + id;
    }

    std::string removal() const {
        return fmt::format("kubectl delete volumesnapshot {} -n {}", name_of_snapshot(), instance().ns);
    }

    Result<ExitCode> make() {
        TRY_ASSIGN(on_disk_, bring_to_disk(context_, *source_.node, disk_, Deadline::after(patience_)));
        // The place in the history that is on the disk now, or behind it.
        TRY_ASSIGN(const NodeDisk now, ask_disk(context_, *source_.node));
        if (now.view.run_id != disk_.view.run_id)
            return fail(Error{ErrorCode::conflict, fmt::format("{} was restarted meanwhile", source_.node->name),
                              "what is on its disk is not what was looked at", "run it again", "RESTARTED"});
        disk_ = now;
        const TimePoint begin = SteadyClock::now();
        SnapshotWait wait;
        TRY_ASSIGN(wait.snapshot, create());
        // It is made: from here on Ctrl-C ends the waiting, and what is left is told.
        wait = wait_until_ready(context_, std::move(wait.snapshot), Deadline::after(patience_));
        took_ms_ = std::chrono::duration_cast<Millis>(SteadyClock::now() - begin).count();
        snapshot_ = std::move(wait.snapshot);
        if (wait.error) {
            error_ = *wait.error;
            TRY(print("incomplete"));
            if (!json() && error_->reason != "GONE")
                context_.output().note("it is left, and may still become ready; to remove it: " + removal());
            return ExitCode::incomplete;
        }
        TRY(print("ready"));
        return ExitCode::ok;
    }

    SnapshotNote note() const {
        SnapshotNote note;
        note.operation = id_;
        note.instance = picture().name;
        note.node = source_.node->name;
        note.role = redis::role_name(disk_.view.role);
        note.server = disk_.view.server;
        note.version = disk_.view.version;
        note.replid = disk_.view.replid;
        note.offset = disk_.view.role == redis::Role::replica ? disk_.view.applied_offset : disk_.view.master_offset;
        note.keys = disk_.keys;
        note.saved = on_disk_.saved;
        note.aof = disk_.aof;
        note.image = volume_.image;
        note.mount_path = volume_.mount_path;
        note.sub_path = volume_.sub_path;
        note.directory = volume_.directory;
        note.rdb_name = disk_.rdb_name;
        note.aof_name = disk_.aof_name;
        note.aof_folder = disk_.aof_folder;
        note.databases = disk_.databases;
        return note;
    }

    // One of which nobody knows whether it was made is looked for by its name, which no other run gives.
    Result<kube::VolumeSnapshot> create() {
        kube::Client& client = *context_.client();
        const Deadline until = Deadline::after(one_round);
        const SnapshotNote made_of = note();
        auto made = kube::create_volume_snapshot(
            client,
            {instance().ns, name_of_snapshot(), volume_.claim, class_.name, labels_of(made_of),
             annotations_of(made_of)},
            until);
        if (made || made.error().reason != "UNKNOWN_OUTCOME") return made;
        const Deadline again = Deadline::after(one_round);
        auto found = kube::await(
            client, kube::read_volume_snapshot(client, instance().ns, name_of_snapshot(), again), again);
        if (found) return found;
        Error error = made.error();
        error.hint = removal();
        return fail(std::move(error));
    }

    Result<ExitCode> print(std::string_view outcome) {
        output::Document document("Snapshot", context_.kube_context());
        const bool planned = outcome == "planned";
        const SnapshotNote made_of = note();
        const auto bytes = kube::parse_quantity(snapshot_.restore_size);
        Json item{{"instance", picture().name}, {"namespace", text_or_null(picture().ns)}};
        item["snapshot"] = name_of_snapshot();
        item["outcome"] = outcome;
        item["node"] = made_of.node;
        item["role"] = made_of.role;
        item["why"] = source_.why;
        item["claim"] = volume_.claim;
        item["volume"] = claim_.volume;
        item["mountPath"] = volume_.mount_path;
        item["directory"] = volume_.directory;
        item["driver"] = text_or_null(driver_);
        item["class"] = class_.name;
        item["classWhy"] = class_.why;
        item["deletionPolicy"] = text_or_null(class_.deletion_policy);
        item["server"] = made_of.server;
        item["serverVersion"] = text_or_null(made_of.version);
        item["image"] = made_of.image;
        item["replid"] = text_or_null(made_of.replid);
        item["offset"] = value_or_null(made_of.offset);
        item["keys"] = disk_.keys;
        item["aof"] = disk_.aof;
        item["saved"] = text_or_null(on_disk_.saved);
        item["synced"] = planned ? Json(nullptr) : Json(on_disk_.synced);
        item["holds"] = text_or_null(on_disk_.says);
        item["taken"] = text_or_null(snapshot_.taken);
        item["restoreSize"] = text_or_null(snapshot_.restore_size);
        item["restoreBytes"] = value_or_null(bytes);
        item["tookMs"] = planned ? Json(nullptr) : Json(took_ms_);
        item["remove"] = removal();
        document.add_item(std::move(item));
        document.add_name(name_of_snapshot());
        if (error_) document.add_error({picture().full_name(), source_.node->name, *error_});
        if (!planned && !on_disk_.synced)
            document.add_finding({"SNAPSHOT_AS_AFTER_A_CRASH", Severity::warning, picture().full_name(),
                                  source_.node->name, "it holds " + on_disk_.says,
                                  "redisctl config set appendfsync everysec, or redisctl backup rdb"});
        if (!planned) {
            output::Table table{"", {{"SNAPSHOT"}, {"NODE"}, {"READY"}, {"SIZE"}, {"KEYS"}, {"TOOK"}}, {}};
            table.rows.push_back({name_of_snapshot(), made_of.node,
                                  snapshot_.ready ? output::Cell("yes", output::Tone::good)
                                                  : output::Cell("no", output::Tone::bad),
                                  bytes ? human_bytes(static_cast<uint64_t>(*bytes)) : std::string(),
                                  std::to_string(count_keys(made_of).value_or(0)),
                                  fmt::format("{:.1f}s", static_cast<double>(took_ms_) / 1000)});
            document.add_table(std::move(table));
        }
        TRY(context_.output().print(document));
        if (snapshot_.ready && !json()) context_.output().note("it holds " + on_disk_.says);
        return ExitCode::ok;
    }

    Context& context_;
    const Options& options_;
    const std::string id_ = backup::new_id();
    Millis patience_ = ready_in;
    Look seen_;
    BackupSource source_;
    NodeDisk disk_;
    NodeVolume volume_;
    kube::VolumeClaim claim_;
    std::string driver_;
    ChosenClass class_;
    OnDisk on_disk_;
    kube::VolumeSnapshot snapshot_;
    std::optional<Error> error_;
    int64_t took_ms_ = 0;
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--class", "NAME",
         "VolumeSnapshotClass; by default the default one of the volume's driver, or its only one",
         &options->snapshot_class},
        {"--wait", "DURATION",
         "Longest time for the server to save, and again for the snapshot to be ready; 5m by default", &options->wait},
        {"--dry-run", "", "Show of which node and volume, by which class, and make nothing", &options->dry_run}};
    spec.positionals = {
        {"NODE", "Whose volume; by default the freshest replica's, and the master's when no replica is fit",
         &options->node, false, false, "node"}};
    spec.examples = {"redisctl snapshot create --dry-run", "redisctl snapshot create redis-1 --class csi-snapclass",
                     "redisctl snapshot create --instance redis --wait 15m --json"};
    spec.run = [options](Context& context) { return SnapshotCreate(context, *options).run(); };
}

}  // namespace

extern const Command snapshot_create_command{
    "snapshot create",
    Group::change,
    "Make a VolumeSnapshot of a node's volume, with its data written to the disk before",
    Uses::target,
    {},
    bind,
    "Snapshot"};

}  // namespace redisctl
