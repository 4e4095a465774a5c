#include "backup/private_folder.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/consent.h"
#include "commands/listed_step.h"
#include "commands/node_container.h"
#include "commands/node_disk.h"
#include "commands/node_volume.h"
#include "commands/operation_report.h"
#include "commands/restore_backup.h"
#include "commands/restore_target.h"
#include "commands/snapshot_fetch.h"
#include "commands/snapshot_note.h"
#include "failover/journal.h"
#include "failover/plan.h"
#include "kube/pod_condition.h"
#include "kube/request.h"
#include "kube/volume_claim.h"
#include "kube/volume_snapshot.h"
#include "topology/system.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr Millis one_round{10'000}, loaded_in{600'000};

struct Options {
    std::vector<std::string> what;
    std::string load_wait, storage_class;
    RestoreOptions restore;
};

class SnapshotRestore {
  public:
    SnapshotRestore(Context& context, const Options& options)
        : context_(context), options_(options), restore_(options.restore) {}

    // All that can be known is asked before anything is made.
    Result<ExitCode> run() {
        TRY(check_restore_options(context_, restore_));
        const std::string& wait = options_.load_wait.empty() ? restore_.wait : options_.load_wait;
        if (!wait.empty()) {
            TRY_ASSIGN(patience_, parse_duration(wait));
        }
        restore_.command = "snapshot restore";
        restore_.words = {"snapshot", "restore", options_.what.front()};
        if (!options_.storage_class.empty())
            restore_.words.insert(restore_.words.end(), {"--storage-class", options_.storage_class});
        if (!options_.load_wait.empty()) restore_.words.insert(restore_.words.end(), {"--load-wait", options_.load_wait});
        if (restore_.dir.empty()) restore_.dir = ".";
        context_.begin_operation(id_);
        TRY_ASSIGN(seen_, look_at_one(context_, "a change is about one"));
        if (!context_.in_kubernetes())
            return fail({ErrorCode::refused, "there are no VolumeSnapshots without Kubernetes",
                         "they are copies of its volumes", "redisctl restore rdb", "NO_POD"});
        TRY(find_snapshot());
        TRY(look_at_master());
        TRY(find_model());
        TRY(find_size());
        const std::vector<ListedStep> planned = steps();
        if (restore_.dry_run) {
            TRY(show_plan(planned));
            return ExitCode::ok;
        }
        if (!json()) TRY(context_.output().write(plan_text(planned)));
        TRY(ask_for_name(picture().name, restore_.confirm, consequence()));
        restore_.confirm = picture().name;
        return restore_backup(context_, restore_, [this](const RestorePlace&) { return fetch(); });
    }

  private:
    bool json() const { return output::is_document(context_.output().settings().format); }
    const topology::Picture& picture() const { return seen_.pictures.front(); }
    const fleet::Instance& instance() const { return seen_.found.inventory.instances.front(); }

    Result<void> find_snapshot() {
        kube::Client& client = *context_.client();
        const std::string& name = options_.what.front();
        const Deadline until = Deadline::after(one_round);
        auto read = kube::await(client, kube::read_volume_snapshot(client, instance().ns, name, until), until);
        if (!read) {
            Error error = kube::snapshot_api_error(std::move(read).error());
            if (error.code == ErrorCode::not_found) {
                error.message = fmt::format("there is no VolumeSnapshot {} in namespace {}", name, instance().ns);
                error.hint = "redisctl snapshot list";
            }
            return fail(std::move(error));
        }
        snapshot_ = std::move(*read);
        copy_.snapshot = name;
        copy_.note = note_of(snapshot_);
        if (snapshot_.ready) return {};
        return fail({ErrorCode::refused, fmt::format("VolumeSnapshot {} is not ready", name),
                     snapshot_.error.empty() ? "its driver has not finished it" : printable(snapshot_.error),
                     "redisctl snapshot list", "NOT_READY"});
    }

    Result<void> look_at_master() {
        if (picture().system == "cluster-mode")
            return fail({ErrorCode::refused, fmt::format("{} is a Redis Cluster", picture().full_name()),
                         "each master holds a part of the keys, and takes no others", "redis-cli --cluster import",
                         "CLUSTER_MODE"});
        const auto node = std::ranges::find(instance().nodes, picture().master, &fleet::Node::name);
        if (picture().master.empty() || node == instance().nodes.end())
            return fail({ErrorCode::refused, fmt::format("{} has no agreed master", picture().full_name()),
                         "what is restored goes to the master, and from there to its replicas",
                         topology::way_to_one_master(picture().system), "NO_MASTER"});
        master_ = &*node;
        Result<Holding> holding = std::move(ask_holdings(context_, {master_}).front());
        TRY(holding);
        keys_now_ = sum_of(holding->keys);
        if (keys_now_ == 0 || restore_.merge || restore_.replace_all) return {};
        return fail({ErrorCode::refused, fmt::format("{} is not empty", master_->name),
                     fmt::format("it has {} keys", keys_now_), "--merge or --replace-all", "NOT_EMPTY"});
    }

    // The node that the data are of, else the one that has that claim now, else the master.
    Result<void> find_model() {
        const fleet::Node* model = master_;
        for (const fleet::Node& node : instance().nodes) {
            const kube::Pod* pod = pod_of(instance(), node);
            const auto has_it = [&](const kube::Volume& volume) { return volume.pvc == snapshot_.claim; };
            const bool has_claim =
                pod != nullptr && !snapshot_.claim.empty() && std::ranges::any_of(pod->volumes, has_it);
            if (copy_.note.node.empty() ? has_claim : node.name == copy_.note.node) model = &node;
        }
        const kube::Pod* pod = pod_of(instance(), *model);
        if (pod == nullptr)
            return fail({ErrorCode::refused, fmt::format("{} is no pod", model->name),
                         "the temporary server is made after one", "redisctl pods", "NO_POD"});
        copy_.pod = pod->meta.name;
        copy_.container = container_of(*pod, *model);
        if (copy_.note.mount_path.empty() || copy_.note.directory.empty() || !copy_.note.aof) TRY(ask_model(*model));
        if (copy_.note.server.empty()) {
            const auto known = std::ranges::find(picture().nodes, model->name, &topology::NodePicture::name);
            if (known != picture().nodes.end() && known->view) copy_.note.server = known->view->server;
        }
        return {};
    }

    // Others made it: what the server says and has now stands for what it was then.
    Result<void> ask_model(const fleet::Node& model) {
        kube::Client& client = *context_.client();
        TRY_ASSIGN(const NodeDisk disk, ask_disk(context_, model));
        const Deadline until = Deadline::after(one_round);
        TRY_ASSIGN(const kube::PodCondition condition,
                   kube::await(client, kube::read_pod_condition(client, instance().ns, copy_.pod, until), until));
        TRY_ASSIGN(const NodeVolume volume, volume_of(instance(), model, disk.directory, condition));
        copy_.note.mount_path = volume.mount_path;
        copy_.note.sub_path = volume.sub_path;
        copy_.note.directory = volume.directory;
        copy_.note.aof = disk.aof;
        copy_.note.rdb_name = disk.rdb_name;
        copy_.note.aof_name = disk.aof_name;
        copy_.note.aof_folder = disk.aof_folder;
        copy_.note.databases = disk.databases;
        guessed_ = true;
        return {};
    }

    // As large as the snapshot wants it, and as its volume is, of the same storage class.
    Result<void> find_size() {
        kube::Client& client = *context_.client();
        copy_.size = snapshot_.restore_size;
        copy_.storage_class = options_.storage_class;
        if (!snapshot_.claim.empty()) {
            const Deadline until = Deadline::after(one_round);
            const auto claim =
                kube::await(client, kube::read_volume_claim(client, instance().ns, snapshot_.claim, until), until);
            if (!claim && claim.error().code != ErrorCode::not_found) return fail(claim.error());
            if (claim) {
                const std::string& size = claim->capacity.empty() ? claim->requested : claim->capacity;
                if (kube::parse_quantity(size).value_or(0) > kube::parse_quantity(copy_.size).value_or(0))
                    copy_.size = size;
                if (copy_.storage_class.empty()) copy_.storage_class = claim->storage_class;
            }
        }
        if (kube::parse_quantity(copy_.size).value_or(0) > 0) return {};
        return fail({ErrorCode::refused,
                     fmt::format("it is not known how large a volume of {} must be", snapshot_.meta.name),
                     "neither the snapshot says it, nor is there its PersistentVolumeClaim any more",
                     fmt::format("kubectl get volumesnapshot {} -n {} -o yaml", snapshot_.meta.name, instance().ns),
                     "NO_SIZE"});
    }

    std::vector<ListedStep> steps() const {
        const std::string name = "redisctl-restore-" + lower(id_);
        std::vector<ListedStep> steps;
        steps.push_back({"temporary-server",
                         fmt::format("a {} that nobody else can reach loads the {} of the copy", program_of(copy_.note),
                                     copy_.note.aof.value_or(false) ? "AOF" : "RDB"),
                         {fmt::format("Pod {}, after {}{}", name, copy_.pod,
                                      copy_.note.image.empty() ? "" : ", image " + copy_.note.image),
                          fmt::format("PersistentVolumeClaim {}, {} of {}, from VolumeSnapshot {}", name, copy_.size,
                                      copy_.storage_class.empty() ? "the default storage class"
                                                                    : copy_.storage_class,
                                      snapshot_.meta.name),
                          fmt::format("Secret {}, its settings", name)}});
        steps.push_back({"fetch", "its data come to this machine as an RDB, checked on the way", {"PSYNC ? -1"}});
        steps.push_back(
            {"remove", "the three are deleted again", {"delete Pod, PersistentVolumeClaim and Secret " + name}});
        if (!restore_.no_safety_backup && keys_now_ > 0)
            steps.push_back({"safety-backup", "what is there now is saved", {"PSYNC ? -1, into " + restore_.dir}});
        if (restore_.replace_all)
            steps.push_back({"empty", "what the copy does not have is not to stay", {"FLUSHALL ASYNC"}, true});
        steps.push_back({"replay", "each key is written to the master, and goes to its replicas from there",
                         {"RESTORE key ttl value REPLACE ABSTTL, of each key"}, !restore_.replace_all});
        steps.push_back({"compare", "the master and its replicas are counted", {"INFO keyspace, of each node"}});
        for (ListedStep& step : steps)
            if (step.id == "replay" || step.id == "empty" || step.id == "compare") step.node = picture().master;
        return steps;
    }

    std::string plan_text(const std::vector<ListedStep>& planned) const {
        const auto keys = count_keys(copy_.note);
        std::string text = fmt::format("snapshot restore of {} ({}): {} -> {}\n", printable(picture().full_name()),
                                       picture().system, snapshot_.meta.name, picture().master);
        text += fmt::format("  holds     {} of {}, {}\n",
                            keys ? fmt::format("{} keys", *keys) : std::string("the data"),
                            printable(copy_.note.node.empty() ? snapshot_.claim : copy_.note.node),
                            snapshot_.taken.empty() ? "of " + snapshot_.created : "of " + snapshot_.taken);
        if (!copy_.note.instance.empty() && copy_.note.instance != picture().name)
            text += fmt::format("  note      it was made of {}, and not of {}\n", printable(copy_.note.instance),
                                printable(picture().name));
        if (guessed_)
            text += fmt::format("  note      redisctl did not make it: how {} is set now stands for then\n", copy_.pod);
        text += fmt::format("  now       {} keys on {}\n", keys_now_, picture().master);
        return text + text_of(planned, true) +
               "note: no volume of the instance is touched: its servers would not notice a swap, or undo it\n";
    }

    Result<void> show_plan(const std::vector<ListedStep>& planned) {
        if (!json()) return context_.output().write(plan_text(planned));
        failover::Plan plan;
        plan.command = restore_.command;
        plan.instance = picture().name;
        plan.ns = picture().ns;
        plan.system = picture().system;
        plan.context = context_.kube_context();
        plan.to = picture().master;
        plan.notes.push_back("what the copy holds is checked once it has been fetched, before the master is touched");
        Json document = plan_document(plan);
        document["steps"] = Json::array();
        for (const ListedStep& step : planned) document["steps"].push_back(to_json(step));
        const auto keys = count_keys(copy_.note);
        document["baseline"] = {{"snapshot", snapshot_.meta.name}, {"keysNow", keys_now_}};
        if (keys) document["baseline"]["keysInSnapshot"] = *keys;
        return print_document(context_.output(), document);
    }

    std::string consequence() const {
        return restore_.replace_all ? "All keys that are there now are removed. "
               : restore_.merge     ? "Keys that the copy has are replaced. "
                                    : "Keys are written to it. ";
    }

    Result<backup::Named> fetch() {
        const std::string above = context_.environment()("TMPDIR").value_or("/tmp");
        TRY_ASSIGN(backup::PrivateFolder folder, backup::PrivateFolder::create(above, "redisctl-restore"));
        folder_.emplace(std::move(folder));
        return fetch_snapshot(context_, instance(), copy_, id_, folder_->path(), Deadline::after(patience_));
    }

    Context& context_;
    const Options& options_;
    RestoreOptions restore_;
    const std::string id_ = failover::new_operation();
    Millis patience_ = loaded_in;
    Look seen_;
    kube::VolumeSnapshot snapshot_;
    const fleet::Node* master_ = nullptr;
    int64_t keys_now_ = 0;
    bool guessed_ = false;
    SnapshotCopy copy_;
    std::optional<backup::PrivateFolder> folder_;  // of the fetched file, until the end
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = restore_options(options->restore, "Folder for the safety backup; this one by default");
    spec.options.push_back({"--load-wait", "DURATION",
                            "Longest time for the temporary server to have loaded the data; as --wait, or 10m",
                            &options->load_wait});
    spec.options.push_back({"--storage-class", "NAME",
                            "Of the temporary volume; by default that of the volume that the snapshot is of",
                            &options->storage_class});
    spec.positionals = {{"SNAPSHOT", "A VolumeSnapshot in the instance's namespace", &options->what, true, false}};
    spec.examples = {"redisctl snapshot restore data-redis-1-20261122t033000z-1a2b3c4d --dry-run",
                     "redisctl snapshot restore by-hand --replace-all --dir /var/backups/redis --load-wait 30m",
                     "redisctl snapshot restore by-hand --instance redis --merge --confirm redis --json"};
    spec.run = [options](Context& context) { return SnapshotRestore(context, *options).run(); };
}

}  // namespace

extern const Command snapshot_restore_command{
    "snapshot restore",
    Group::change,
    "Write the keys of a VolumeSnapshot to the master, loaded by a temporary server",
    Uses::target,
    {},
    bind,
    "OperationResult"};

}  // namespace redisctl
