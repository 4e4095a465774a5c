#include "commands/snapshot_fetch.h"

#include "backup/new_file.h"
#include "base/text.h"
#include "commands/backup_receive.h"
#include "commands/backup_save.h"
#include "commands/temporary_server.h"
#include "redis/config_file.h"

#include <fmt/core.h>

namespace redisctl {

namespace {

constexpr Millis one_round{10'000}, next_byte_in{60'000};

class Fetching {
  public:
    Fetching(Context& context, const fleet::Instance& instance, const SnapshotCopy& copy, const std::string& operation,
             const std::string& folder)
        : context_(context), instance_(instance), copy_(copy), operation_(operation), folder_(folder) {}

    Result<backup::Named> run(Deadline deadline) {
        kube::TemporaryServer wanted;
        wanted.ns = instance_.ns;
        wanted.operation = operation_;
        wanted.snapshot = copy_.snapshot;
        wanted.size = copy_.size;
        wanted.storage_class = copy_.storage_class;
        wanted.container = copy_.container;
        wanted.image = copy_.note.image;
        wanted.mount_path = copy_.note.mount_path;
        wanted.sub_path = copy_.note.sub_path;
        wanted.settings = settings();
        TemporaryServer server(context_, std::move(wanted), copy_.pod, program_of(copy_.note));
        TRY(server.start(deadline));
        return receive(server);
    }

  private:
    Secret settings() const {
        std::string text = fmt::format("dir {}\nsave \"\"\nappendonly {}\nrepl-diskless-sync yes\n"
                                       "repl-diskless-sync-delay 0\n",
                                       redis::config_word(copy_.note.directory),
                                       copy_.note.aof.value_or(false) ? "yes" : "no");
        const auto add = [&](std::string_view name, const std::string& value) {
            if (!value.empty()) text += fmt::format("{} {}\n", name, redis::config_word(value));
        };
        add("dbfilename", copy_.note.rdb_name);
        add("appendfilename", copy_.note.aof_name);
        add("appenddirname", copy_.note.aof_folder);
        add("databases", copy_.note.databases);
        return Secret(std::move(text));
    }

    Result<backup::Named> receive(TemporaryServer& server) {
        const fleet::Call call{&server.node(), redis::node_view_requests()};
        const fleet::Outcome outcome = std::move(server.fleet().exec({&call, 1}, Deadline::after(one_round)).front());
        TRY(outcome.replies);
        topology::NodePicture shown;
        shown.name = server.node().name;
        TRY_ASSIGN(shown.view, redis::parse_node_view(*outcome.replies));
        const BackupSource source{&server.node(), &shown, "the temporary server"};
        backup::Manifest manifest = begin_manifest(context_, instance_, backup::new_id());
        manifest.file = backup::file_stem(manifest) + ".rdb";
        TRY_ASSIGN(backup::NewFile file, backup::NewFile::create(folder_, manifest.file));
        fleet::Snapshot stream = server.fleet().snapshot(server.node(), {Deadline::never(), next_byte_in});
        TRY(receive_rdb(context_, source, stream, fleet::SnapshotOf::rdb, file, manifest));
        TRY(file.keep());
        TRY(see_that_it_has_them(manifest));
        return backup::Named{file.path(), manifest};
    }

    // A server that finds no file where it looks for one starts empty, and says nothing.
    Result<void> see_that_it_has_them(const backup::Manifest& manifest) {
        const auto then = count_keys(copy_.note);
        if (!manifest.keys) return {};
        uint64_t has = 0;
        for (const auto& [number, database] : *manifest.keys) has += database.keys;
        if (has == 0 && then.value_or(1) > 0)
            return fail(Error{ErrorCode::refused, fmt::format("the copy of {} is empty", copy_.snapshot),
                              then ? fmt::format("{} keys were there when it was made", *then)
                                   : fmt::format("no data were found in {}", printable(copy_.note.directory)),
                              "redisctl snapshot list", "EMPTY_COPY"});
        if (then && static_cast<int64_t>(has) < *then)
            context_.output().note(fmt::format("the copy holds {} keys; {} were there when it was asked for, and keys "
                                               "expire",
                                               has, *then));
        return {};
    }

    Context& context_;
    const fleet::Instance& instance_;
    const SnapshotCopy& copy_;
    const std::string &operation_, &folder_;
};

}  // namespace

std::string program_of(const SnapshotNote& note) {
    return note.server == "valkey" ? "valkey-server" : "redis-server";
}

Result<backup::Named> fetch_snapshot(Context& context, const fleet::Instance& instance, const SnapshotCopy& copy,
                                     const std::string& operation, const std::string& folder, Deadline deadline) {
    return Fetching(context, instance, copy, operation, folder).run(deadline);
}

}  // namespace redisctl
