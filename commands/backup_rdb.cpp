#include "backup/manifest.h"
#include "backup/new_file.h"
#include "backup/sha256.h"
#include "backup/shelf.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "commands/backup_source.h"
#include "commands/command.h"
#include "commands/json_values.h"
#include "commands/look.h"
#include "redis/rdb_reader.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

#include <unistd.h>

namespace redisctl {

namespace {

using Json = nlohmann::ordered_json;
using backup::Manifest;
using redis::Role;

constexpr Millis default_idle{60'000}, between_progress{200};

struct Options {
    std::string dir, from, retain, idle;
    bool dry_run = false;
};

// What a terminal shows while the bytes come.
class Progress {
  public:
    Progress(output::Output& output, const std::string& node, const fleet::SnapshotStart& start)
        : output_(output), node_(node), length_(start.length) {
        for (const auto& [database, keys] : start.keys) keys_ += static_cast<uint64_t>(std::max<int64_t>(keys, 0));
    }
    ~Progress() { output_.progress({}); }

    void show(uint64_t bytes, uint64_t keys) {
        const TimePoint now = SteadyClock::now();
        if (now < next_) return;
        next_ = now + between_progress;
        const double seconds = std::max(std::chrono::duration<double>(now - begin_).count(), 0.001);
        std::string line = fmt::format("{}: {}, {}/s", printable(node_), human_bytes(bytes),
                                       human_bytes(static_cast<uint64_t>(static_cast<double>(bytes) / seconds)));
        // A server that saves while it sends does not know how much is to come; it told how many keys it has.
        const double done = length_ && *length_ > 0 ? static_cast<double>(bytes) / static_cast<double>(*length_)
                            : !length_ && keys_ > 0 ? static_cast<double>(keys) / static_cast<double>(keys_)
                                                    : 0;
        if (done > 0 && done <= 1)
            line += fmt::format(", {:.0f} %{}, {:.0f} s left", done * 100, length_ ? "" : " of the keys",
                                seconds / done - seconds);
        output_.progress(line);
    }

  private:
    output::Output& output_;
    std::string node_;
    std::optional<uint64_t> length_;
    uint64_t keys_ = 0;
    TimePoint begin_ = SteadyClock::now(), next_ = begin_;
};

struct Done {
    Manifest manifest;
    std::string path, manifest_path, why;
    std::vector<std::string> deleted;
    std::optional<Error> not_deleted;
};

class BackupRdb {
  public:
    BackupRdb(Context& context, const Options& options) : context_(context), options_(options) {}

    Result<ExitCode> run() {
        TRY(read_options());
        TRY_ASSIGN(const Look seen, look(context_));
        TRY_ASSIGN(const NodeNames wanted, NodeNames::among(seen.found, {}, context_.globals().nodes));
        return options_.dry_run ? show_plan(seen, wanted) : back_up_all(seen, wanted);
    }

  private:
    Result<void> read_options() {
        if (options_.from == "master") from_ = BackupFrom::master;
        if (options_.from == "replica") from_ = BackupFrom::replica;
        if (!options_.retain.empty()) {
            const auto number = parse_int(options_.retain);
            if (!number || *number < 1)
                return fail(ErrorCode::usage,
                            fmt::format("--retain: '{}' is no number of backups to keep", printable(options_.retain)),
                            "1 is the least", "--retain 7");
            retain_ = static_cast<size_t>(*number);
        }
        if (!options_.idle.empty()) {
            TRY_ASSIGN(waiting_.idle, parse_duration(options_.idle));
        }
        if (context_.globals().timeout) waiting_.end = Deadline::after(*context_.globals().timeout);
        if (!options_.dir.empty()) dir_ = options_.dir;
        return {};
    }

    bool asked(const fleet::Instance& instance, const NodeNames& wanted) const {
        return std::any_of(instance.nodes.begin(), instance.nodes.end(),
                           [&](const fleet::Node& node) { return wanted.has(node.name); });
    }

    Result<BackupSource> source_of(const Look& seen, size_t i, const NodeNames& wanted) const {
        return choose_source(seen.found.inventory.instances[i], seen.pictures[i], wanted,
                             !context_.globals().nodes.empty(), from_);
    }

    Manifest begin_manifest(const fleet::Instance& instance) const {
        Manifest manifest;
        manifest.id = id_;
        manifest.context = context_.kube_context();
        manifest.ns = instance.ns;
        manifest.instance = instance.name;
        return manifest;
    }

    Result<ExitCode> show_plan(const Look& seen, const NodeNames& wanted) {
        output::Document document("BackupPlan", context_.kube_context());
        output::Table table{"", {{"INSTANCE"}, {"NODE"}, {"ROLE"}, {"WHY"}, {"FILE"}, {"DELETES"}}, {}};
        Answered answered;
        std::optional<Error> first;
        for (size_t i = 0; i < seen.pictures.size(); i++) {
            const fleet::Instance& instance = seen.found.inventory.instances[i];
            if (!asked(instance, wanted)) continue;
            const Result<BackupSource> source = source_of(seen, i, wanted);
            answered.count(source ? std::nullopt : std::optional(source.error()));
            if (!source) {
                if (!first) first = source.error();
                document.add_error({instance.full_name(), "", source.error()});
                continue;
            }
            const Manifest manifest = begin_manifest(instance);
            const std::string path = fmt::format("{}/{}.rdb", dir_, backup::file_stem(manifest));
            std::vector<std::string> deletes;
            if (retain_ > 0)
                if (const auto shelf = backup::read_shelf(dir_))
                    for (const backup::Shelved& old : backup::surplus(*shelf, manifest, retain_ - 1))
                        deletes.push_back(old.path);
            const std::string_view role = redis::role_name(source->picture->view->role);
            Json item{{"instance", instance.name}, {"namespace", text_or_null(instance.ns)}};
            item["node"] = source->node->name;
            item["role"] = role;
            item["why"] = source->why;
            item["serverVersion"] = text_or_null(source->picture->view->version);
            item["path"] = path;
            item["deletes"] = deletes;
            document.add_item(std::move(item));
            document.add_name(source->node->name);
            table.rows.push_back({instance.full_name(), source->node->name, role, source->why, path, deletes.size()});
        }
        document.add_table(std::move(table));
        TRY(context_.output().print(document));
        return answered.yes == 0 && first ? exit_of(*first) : shown(answered);
    }

    Result<ExitCode> back_up_all(const Look& seen, const NodeNames& wanted) {
        output::Document document("Backup", context_.kube_context());
        output::Table table{"", {{"INSTANCE"}, {"NODE"}, {"ROLE"}, {"KEYS"}, {"SIZE"}, {"TOOK"}, {"FILE"}}, {}};
        size_t done = 0;
        std::optional<Error> first;
        for (size_t i = 0; i < seen.pictures.size(); i++) {
            const fleet::Instance& instance = seen.found.inventory.instances[i];
            if (!asked(instance, wanted)) continue;
            const Result<BackupSource> source = source_of(seen, i, wanted);
            const Result<Done> made = source ? back_up(instance, *source) : fail(source.error());
            if (!made) {
                const bool stopped = made.error().code == ErrorCode::interrupted;
                // What was finished before it is told of all the same.
                if (seen.pictures.size() == 1 || (stopped && done == 0)) return fail(made.error());
                if (!first) first = made.error();
                document.add_error({instance.full_name(), source ? source->node->name : "", made.error()});
                if (stopped) break;
                continue;
            }
            done++;
            if (made->not_deleted) {
                if (!first) first = made->not_deleted;
                document.add_error({instance.full_name(), "", *made->not_deleted});
            }
            add(*made, document, table);
        }
        if (done > 0) document.add_table(std::move(table));
        TRY(context_.output().print(document));
        if (!first) return ExitCode::ok;
        return done > 0 ? ExitCode::partial : exit_of(*first);
    }

    static ExitCode exit_of(const Error& error) {
        switch (error.code) {
            case ErrorCode::refused:
            case ErrorCode::conflict:
                return ExitCode::refused;
            case ErrorCode::unauthenticated:
            case ErrorCode::forbidden:
                return ExitCode::not_permitted;
            case ErrorCode::not_found:
                return ExitCode::not_found;
            case ErrorCode::io:
                return ExitCode::output;
            default:
                return ExitCode::unreachable;
        }
    }

    static void add(const Done& done, output::Document& document, output::Table& table) {
        const Manifest& manifest = done.manifest;
        Json item = backup::to_json(manifest);
        item["why"] = done.why;
        item["path"] = done.path;
        item["manifest"] = done.manifest_path;
        item["deleted"] = done.deleted;
        document.add_item(std::move(item));
        document.add_name(done.path);
        if (!manifest.not_counted.empty())
            document.add_finding({"BACKUP_NOT_COUNTED", Severity::info, manifest.full_name(), manifest.node,
                                  "the keys were not counted: " + manifest.not_counted, ""});
        if (manifest.checksum != "good")
            document.add_finding(
                {"BACKUP_NO_CHECKSUM", Severity::warning, manifest.full_name(), manifest.node,
                 "the server writes no checksum into its RDB, so only sha256 protects the file from now on",
                 "CONFIG SET rdbchecksum yes needs a restart: set it in redis.conf"});
        uint64_t keys = 0;
        if (manifest.keys)
            for (const auto& [number, database] : *manifest.keys) keys += database.keys;
        table.rows.push_back({manifest.full_name(), manifest.node, manifest.role,
                              manifest.keys ? std::to_string(keys) : std::string(), human_bytes(manifest.bytes),
                              fmt::format("{:.1f}s", static_cast<double>(manifest.took_ms) / 1000), done.path});
    }

    Result<Done> back_up(const fleet::Instance& instance, const BackupSource& source) {
        const bool from_master = source.picture->view->role == Role::master;
        if (from_master)
            context_.output().note(fmt::format("{}: taken from the master {} ({}): it pays the memory of a fork",
                                               instance.full_name(), source.node->name, source.why));
        Done done;
        done.why = source.why;
        Manifest& manifest = done.manifest = begin_manifest(instance);
        const std::string stem = backup::file_stem(manifest);
        manifest.file = stem + ".rdb";
        TRY_ASSIGN(backup::NewFile file, backup::NewFile::create(dir_, manifest.file));
        const TimePoint begin = SteadyClock::now();
        manifest.time = rfc3339_now();
        if (Result<void> filled = fill(file, source, manifest); !filled)
            return fail(explained(std::move(filled).error(), source));
        manifest.took_ms = std::chrono::duration_cast<Millis>(SteadyClock::now() - begin).count();
        TRY_ASSIGN(backup::NewFile beside, backup::NewFile::create(dir_, stem + ".json"));
        TRY(beside.write(backup::manifest_text(manifest)));
        TRY(beside.sync());
        TRY(file.keep());
        if (const Result<void> kept = beside.keep(); !kept) {
            ::unlink(file.path().c_str());
            return fail(kept.error());
        }
        done.path = file.path();
        done.manifest_path = beside.path();
        if (retain_ > 0) let_go(done);
        return done;
    }

    Result<void> fill(backup::NewFile& file, const BackupSource& source, Manifest& manifest) {
        const topology::NodePicture& picture = *source.picture;
        fleet::Snapshot snapshot = context_.fleet().snapshot(*source.node, waiting_);
        context_.output().progress(fmt::format("{}: saves a copy", printable(source.node->name)));
        TRY_ASSIGN(const fleet::SnapshotStart start, snapshot.begin());
        if (start.view.role != picture.view->role)
            return fail(Error{ErrorCode::conflict,
                              fmt::format("{} is a {} by now", source.node->name, redis::role_name(start.view.role)),
                              fmt::format("it was a {} when it was chosen", redis::role_name(picture.view->role)),
                              "run it again", "ROLE_CHANGED"});
        manifest.node = source.node->name;
        manifest.role = redis::role_name(start.view.role);
        manifest.server = start.view.server;
        manifest.server_version = start.view.version;
        manifest.run_id = start.view.run_id;
        manifest.replid = start.replid;
        manifest.offset = start.offset;
        if (start.view.role == Role::replica) manifest.lag_bytes = picture.lag_bytes;

        Progress progress(context_.output(), source.node->name, start);
        redis::RdbReader reader;
        backup::Sha256 sha256;
        while (true) {
            TRY_ASSIGN(const std::string bytes, snapshot.next());
            if (bytes.empty()) break;
            TRY(reader.feed(bytes));
            sha256.add(bytes);
            TRY(file.write(bytes));
            manifest.bytes += bytes.size();
            progress.show(manifest.bytes, reader.keys());
        }
        TRY_ASSIGN(redis::RdbFacts facts, reader.finish());
        TRY(file.sync());
        manifest.rdb_version = facts.version;
        if (facts.not_counted.empty()) manifest.keys = std::move(facts.databases);
        manifest.not_counted = facts.not_counted;
        manifest.functions = facts.functions;
        manifest.checksum = redis::checksum_name(facts.checksum);
        manifest.sha256 = sha256.hex();
        return {};
    }

    // A line that broke says nothing about why: the node itself may.
    Error explained(Error error, const BackupSource& source) {
        const bool broke = error.code == ErrorCode::unreachable || error.code == ErrorCode::timeout;
        if (!broke || interrupt::count() > 0) return error;
        error.message = fmt::format("the backup of {} broke off: {}", source.node->name, error.message);
        std::string now;
        const std::vector<fleet::Call> call{{source.node, redis::node_view_requests()}};
        const std::vector<fleet::Outcome> outcomes = context_.ask_further(call);
        const auto view = outcomes.front().replies ? redis::parse_node_view(*outcomes.front().replies)
                                                   : fail(outcomes.front().replies.error());
        const redis::NodeView& before = *source.picture->view;
        if (!view)
            now = "it does not answer any more";
        else if (view->run_id != before.run_id)
            now = "it was restarted or replaced meanwhile";
        else if (view->role != before.role)
            now =
                fmt::format("it was a {} and is a {} now", redis::role_name(before.role), redis::role_name(view->role));
        else if (view->master_host != before.master_host || view->master_port != before.master_port)
            now = "it follows another master by now";
        else if (view->sync_in_progress == true)
            now = "it copies all data from its master anew";
        else
            now = "it is there, and what it is has not changed: its log may say more";
        error.cause += (error.cause.empty() ? "" : "; ") + now + "; no file is left behind";
        error.hint = "run it again";
        return error;
    }

    // Only what has a manifest of ours, of the same instance, and only now that the new one is there.
    void let_go(Done& done) {
        const Result<backup::Shelf> shelf = backup::read_shelf(dir_);
        if (!shelf) {
            done.not_deleted = shelf.error();
            return;
        }
        for (const backup::Shelved& old : backup::surplus(*shelf, done.manifest, retain_)) {
            if (const Result<void> removed = backup::remove(old); !removed) {
                done.not_deleted = removed.error();
                return;
            }
            done.deleted.push_back(old.path);
        }
    }

    Context& context_;
    const Options& options_;
    BackupFrom from_ = BackupFrom::best;
    size_t retain_ = 0;
    fleet::Waiting waiting_{Deadline::never(), default_idle};
    std::string dir_ = ".";
    const std::string id_ = backup::new_id();
};

void bind(Spec& spec) {
    auto options = std::make_shared<Options>();
    spec.options = {
        {"--dir",
         "FOLDER",
         "Folder to write to, made when it is not there; this one by default",
         &options->dir,
         {},
         "file"},
        {"--from",
         "ROLE",
         "Only from a replica, or from the master; by default from the freshest replica, and from the master when no "
         "replica is fit",
         &options->from,
         {"replica", "master"}},
        {"--retain", "N", "Afterwards keep the newest N backups of the instance in the folder, and delete older ones",
         &options->retain},
        {"--idle-timeout", "DURATION", "Give up when nothing came for so long, 60s by default", &options->idle},
        {"--dry-run", "", "Show from which node, to which file, and what would be deleted", &options->dry_run}};
    spec.examples = {"redisctl backup rdb --dir /var/backups/redis --retain 7",
                     "redisctl backup rdb --instance redis --from master",
                     "redisctl backup rdb -A --dir /var/backups/redis --json", "redisctl backup rdb --host db1:6379"};
    spec.run = [options](Context& context) { return BackupRdb(context, *options).run(); };
}

}  // namespace

extern const Command backup_rdb_command{
    "backup rdb", Group::look,      "Save all data as an RDB, streamed from the freshest replica and checked",
    Uses::target, {"redis-backup"}, bind,
    "Backup"};

}  // namespace redisctl
